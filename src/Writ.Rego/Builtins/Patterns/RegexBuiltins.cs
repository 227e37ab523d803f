using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Regular expressions of RE2.</summary>
internal static class RegexBuiltins
{
    private const string Matches = "(string, string) => boolean";

    public static IEnumerable<Builtin> All =>
    [
        new("regex.match", Matches, IsMatch),
        new("re_match", Matches, IsMatch) { IsDeprecated = true },
        new("regex.is_valid", "(string) => boolean", (_, a) => RegoBoolean.Of(IsValid(a[0]))),
        new("regex.find_n", "(string, string, number) => array[string]", Find),
        new("regex.find_all_string_submatch_n", "(string, string, number) => array[array[string]]", FindGroups),
        new("regex.replace", "(string, string, string) => string", (c, a) =>
            RegoString.Of(Re2Regex.Parse(a.Text(1)).Replace(c, a.Text(0), a.Text(2)))),
        new("regex.split", "(string, string) => array[string]", (c, a) =>
            RegoArray.Own([.. Re2Regex.Parse(a.Text(0)).Split(c, a.Text(1)).Select(RegoString.Of)])),
        new("regex.template_match", "(string, string, string, string) => boolean", TemplateMatch),
        new("regex.globs_match", Matches, (c, a) => RegoBoolean.Of(
            GlobIntersection.IsPossible(c, a.Text(0), a.Text(1)))),
    ];

    private static RegoBoolean IsMatch(BuiltinContext context, Operands a)
    {
        var (pattern, text) = (a.Text(0), a.Text(1));
        return RegoBoolean.Of(Re2Regex.Parse(pattern).IsMatch(text));
    }

    private static bool IsValid(RegoValue pattern)
    {
        try
        {
            return pattern is RegoString text && Re2Regex.Parse(text.Value) is not null;
        }
        catch (BuiltinError error) when (!error.IsFatal)
        {
            return false;
        }
    }

    private static RegoArray Find(BuiltinContext context, Operands a)
    {
        var found = new List<RegoValue>();
        var (regex, text, most) = (Re2Regex.Parse(a.Text(0)), a.Text(1), a.Integer(2));
        foreach (var match in regex.Matches(text))
        {
            if (found.Count == most)
            {
                break;
            }

            context.CheckItems(found.Count);
            found.Add(RegoString.Of(match.Value));
        }

        return RegoArray.Own([.. found]);
    }

    private static RegoArray FindGroups(BuiltinContext context, Operands a)
    {
        var found = new List<RegoValue>();
        var (regex, text, most) = (Re2Regex.Parse(a.Text(0)), a.Text(1), a.Integer(2));
        foreach (var match in regex.Matches(text, hasGroups: true))
        {
            if (found.Count == most)
            {
                break;
            }

            var groups = new RegoValue[regex.GroupCount];
            for (var i = 0; i < groups.Length; i++)
            {
                groups[i] = RegoString.Of(match.Group(i));
            }

            context.CheckItems((long)found.Count * groups.Length);
            found.Add(RegoArray.Own(groups));
        }

        return RegoArray.Own([.. found]);
    }

    /// <summary>A text in which expressions stand between delimiters; it must match from end to end.</summary>
    private static RegoBoolean TemplateMatch(BuiltinContext context, Operands a)
    {
        var (template, text, start, end) = (a.Text(0), a.Text(1), a.Text(2), a.Text(3));
        CheckDelimiter("start", start);
        CheckDelimiter("end", end);
        return RegoBoolean.Of(Re2Regex.Parse(ExpressionOf(template, start[0], end[0])).IsMatch(text));
    }

    private static void CheckDelimiter(string which, string delimiter)
    {
        if (delimiter.Length != 1)
        {
            throw BuiltinError.Failed(
                $"{which} delimiter has to be exactly one character long but is {delimiter.Length} long");
        }
    }

    private static string ExpressionOf(string template, char start, char end)
    {
        var pattern = new StringBuilder("^");
        var (depth, open, last) = (0, 0, 0);
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] == start && ++depth == 1)
            {
                open = i;
            }
            else if (template[i] == end && --depth == 0)
            {
                Quote(pattern, template[last..open]);
                pattern.Append('(').Append(template, open + 1, i - open - 1).Append(')');
                last = i + 1;
            }
            else if (depth < 0)
            {
                break;
            }
        }

        if (depth != 0)
        {
            throw BuiltinError.Failed($"unbalanced braces in {TermText.Quote(template)}");
        }

        Quote(pattern, template[last..]);
        return pattern.Append('$').ToString();
    }

    private static void Quote(StringBuilder pattern, string text)
    {
        foreach (var c in text)
        {
            pattern.Append(c < 128 && !char.IsAsciiLetterOrDigit(c) && c != '_' ? "\\" : "").Append(c);
        }
    }
}
