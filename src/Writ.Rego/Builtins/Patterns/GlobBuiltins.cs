using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Globs.</summary>
internal static class GlobBuiltins
{
    private const string Special = @"*?\[]{}";

    public static IEnumerable<Builtin> All =>
    [
        new("glob.match", "(string, any<null, array[string]>, string) => boolean", Match),
        new("glob.quote_meta", "(string) => string", Quote),
    ];

    private static RegoBoolean Match(BuiltinContext context, Operands a)
    {
        var (pattern, text) = (a.Text(0), a.Text(2));
        var separators = a[1] switch
        {
            RegoNull => "",
            RegoArray { Count: 0 } => ".",
            RegoArray => SeparatorsOf(a),
            _ => throw a.Wrong(1, "array", "null"),
        };
        return RegoBoolean.Of(GlobPattern.Parse(pattern, separators).IsMatch(text));
    }

    private static string SeparatorsOf(Operands a)
    {
        var separators = new StringBuilder();
        foreach (var text in a.Texts(1))
        {
            separators.Append(ByteText.Length(text) == 1 ? text : throw Operands.Invalid(
                1, "must be array of runes but got array containing string"));
        }

        return separators.ToString();
    }

    private static RegoString Quote(BuiltinContext context, Operands a)
    {
        var quoted = new StringBuilder();
        foreach (var c in a.Text(0))
        {
            quoted.Append(Special.Contains(c, StringComparison.Ordinal) ? "\\" : "").Append(c);
        }

        return RegoString.Of(quoted.ToString());
    }
}
