using System.Text;
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
            "print" => RegoString.Of(Print(context, values)),
            "println" => RegoString.Of(Print(context, values, " ") + "\n"),
            "printf" => RegoString.Of(GoFormat.Format(context, Print(context, First(name, values)), values.AsSpan(1))),
            "html" => RegoString.Of(System.Net.WebUtility.HtmlEncode(Print(context, values))),
            "urlquery" => RegoString.Of(UrlText.Escape(Print(context, values))),
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
    public static string Print(BuiltinContext context, RegoValue value) =>
        value is RegoString text ? text.Value : Print(context, [value]);

    private static string Print(BuiltinContext context, RegoValue[] values, string separator = "")
    {
        var text = new StringBuilder();
        AddAll(context, text, values, separator);
        return text.ToString();
    }

    private static void AddAll(
        BuiltinContext context, StringBuilder text, IEnumerable<RegoValue> values, string separator)
    {
        var isFirst = true;
        foreach (var value in values)
        {
            text.Append(isFirst ? "" : separator);
            isFirst = false;
            Add(context, text, value);
        }
    }

    private static void Add(BuiltinContext context, StringBuilder text, RegoValue value)
    {
        Work.Enter();
        context.CheckText(text.Length);
        switch (value)
        {
            case RegoString some:
                text.Append(some.Value);
                break;
            case RegoNull:
                text.Append("<no value>");
                break;
            case RegoArray or RegoSet:
                text.Append('[');
                AddAll(context, text, value is RegoArray array ? array.Span.ToArray() : (RegoSet)value, " ");
                text.Append(']');
                break;
            case RegoObject map:
                text.Append("map[");
                var start = text.Length;
                foreach (var (key, member) in map)
                {
                    text.Append(text.Length == start ? "" : " ");
                    Add(context, text, key);
                    text.Append(':');
                    Add(context, text, member);
                }

                text.Append(']');
                break;
            default:
                text.Append(value);
                break;
        }
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
