using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Builtins.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Templates;

/// <summary>The functions that Go's templates know, and how they see values.</summary>
internal static class TemplateFunctions
{
    /// <summary>Arguments are computed when they are asked for: <c>and</c> and <c>or</c> stop early.</summary>
    public static RegoValue Call(BuiltinContext context, string name, IEnumerable<Func<RegoValue>> arguments)
    {
        if (name is "and" or "or")
        {
            RegoValue value = RegoBoolean.False;
            foreach (var argument in arguments)
            {
                value = argument();
                if (IsTrue(value) == (name is "or"))
                {
                    break;
                }
            }

            return value;
        }

        var values = arguments.Select(argument => argument()).ToArray();
        return name switch
        {
            "not" => RegoBoolean.Of(!IsTrue(One(name, values))),
            "len" => RegoNumber.Of(Length(One(name, values))),
            "index" => values.Skip(1).Aggregate(First(name, values), Index),
            "print" => RegoString.Of(string.Concat(values.Select(Print))),
            "println" => RegoString.Of(string.Join(' ', values.Select(Print)) + "\n"),
            "printf" => RegoString.Of(GoFormat.Format(context, Print(First(name, values)), values.AsSpan(1))),
            "html" => RegoString.Of(System.Net.WebUtility.HtmlEncode(string.Concat(values.Select(Print)))),
            "urlquery" => RegoString.Of(UrlText.Escape(string.Concat(values.Select(Print)))),
            "eq" => RegoBoolean.Of(values.Skip(1).Any(value => value.Equals(First(name, values)))),
            "ne" or "lt" or "le" or "gt" or "ge" when values.Length == 2 => Compare(name, values[0], values[1]),
            _ => throw TemplateLexer.Bad($"function \"{name}\" not defined"),
        };
    }

    public static bool IsTrue(RegoValue value) => value switch
    {
        RegoNull => false,
        RegoBoolean boolean => boolean.Value,
        RegoNumber number => !number.Equals(RegoNumber.Zero),
        _ => Length(value) > 0,
    };

    /// <summary>As Go prints what JSON becomes: <c>map[a:1]</c>, <c>[1 2]</c>.</summary>
    public static string Print(RegoValue value)
    {
        Work.Enter();
        return value switch
        {
            RegoString text => text.Value,
            RegoNull => "<no value>",
            RegoArray array => $"[{string.Join(' ', array.Span.ToArray().Select(Print))}]",
            RegoSet set => $"[{string.Join(' ', set.Select(Print))}]",
            RegoObject map =>
                $"map[{string.Join(' ', map.Select(member => $"{Print(member.Key)}:{Print(member.Value)}"))}]",
            _ => value.ToString(),
        };
    }

    private static RegoBoolean Compare(string name, RegoValue left, RegoValue right)
    {
        var order = left.CompareTo(right);
        return RegoBoolean.Of(name switch
        {
            "ne" => order != 0,
            "lt" => order < 0,
            "le" => order <= 0,
            "gt" => order > 0,
            _ => order >= 0,
        });
    }

    private static int Length(RegoValue value) => value switch
    {
        RegoString text => ByteText.Encode(text.Value).Length,
        RegoArray array => array.Count,
        RegoSet set => set.Count,
        RegoObject map => map.Count,
        _ => throw TemplateLexer.Bad($"error calling len: len of type {value.KindName}"),
    };

    private static RegoValue Index(RegoValue container, RegoValue key) => container is RegoArray or RegoObject
        ? ComparisonBuiltins.Find(container, key) ?? throw TemplateLexer.Bad($"error calling index: no {key}")
        : throw TemplateLexer.Bad($"error calling index: can't index item of type {container.KindName}");

    private static RegoValue First(string name, RegoValue[] values) => values.Length > 0
        ? values[0]
        : throw TemplateLexer.Bad($"wrong number of args for {name}");

    private static RegoValue One(string name, RegoValue[] values) => values.Length == 1
        ? values[0]
        : throw TemplateLexer.Bad($"wrong number of args for {name}: want 1 got {values.Length}");
}
