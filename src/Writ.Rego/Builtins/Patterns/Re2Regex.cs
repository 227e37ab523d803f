using System.Text;
using Writ.Rego.Builtins.Patterns.Automata;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>A compiled expression of RE2, with Go's rules of what the matches are. Safe for several threads.</summary>
internal sealed class Re2Regex
{
    /// <summary>Longer ones would take long to compile; RE2 itself gives up on what needs too much memory.</summary>
    private const int LongestPattern = 20_000;

    private static readonly PatternCache<Re2Regex> Cache = new(pattern => new Re2Regex(pattern));

    private readonly IReadOnlyList<string> _names;
    private readonly PatternMatcher _matcher;

    private Re2Regex(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw BuiltinError.Limit($"an expression of more than {LongestPattern} characters");
        }

        (var node, _names) = Re2Parser.Parse(pattern);
        _matcher = new PatternMatcher(node, _names.Count, Cache.Charge);
    }

    public int GroupCount => _names.Count;

    public static Re2Regex Parse(string pattern) => Cache.Get(pattern);

    public bool IsMatch(string text) => _matcher.IsMatch(text);

    /// <summary>All matches as Go counts them.</summary>
    public IEnumerable<Re2Match> Matches(string text, bool hasGroups = false) => _matcher.Matches(text, hasGroups);

    /// <summary>Every match replaced by a template with <c>$1</c>, <c>${name}</c> and <c>$$</c>.</summary>
    public string Replace(BuiltinContext context, string text, string template)
    {
        var result = new StringBuilder(text.Length);
        var last = 0;
        foreach (var match in Matches(text, hasGroups: template.Contains('$', StringComparison.Ordinal)))
        {
            result.Append(text, last, match.Index - last);
            Expand(result, template, match);
            last = match.End;
            context.CheckText(result.Length);
        }

        return result.Append(text, last, text.Length - last).ToString();
    }

    public List<string> Split(BuiltinContext context, string text)
    {
        var parts = new List<string>();
        var (begin, end) = (0, 0);
        foreach (var match in text.Length == 0 ? [] : Matches(text))
        {
            end = match.Index;
            if (match.End != 0)
            {
                parts.Add(text[begin..end]);
                context.CheckItems(parts.Count);
            }

            begin = match.End;
        }

        if (end != text.Length || text.Length == 0)
        {
            parts.Add(text[begin..]);
        }

        return parts;
    }

    private void Expand(StringBuilder result, string template, Re2Match match)
    {
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$')
            {
                result.Append(template[i]);
                continue;
            }

            if (template.AsSpan(i).StartsWith("$$"))
            {
                result.Append('$');
                i++;
                continue;
            }

            var (name, length) = ReadName(template.AsSpan(i + 1));
            if (length == 0)
            {
                result.Append('$');
                continue;
            }

            result.Append(Group(match, name));
            i += length;
        }
    }

    /// <summary>The longest word after the dollar sign, or what braces hold.</summary>
    private static (string Name, int Length) ReadName(ReadOnlySpan<char> rest)
    {
        var start = rest is ['{', ..] ? 1 : 0;
        var end = start;
        while (end < rest.Length && (char.IsLetterOrDigit(rest[end]) || rest[end] == '_'))
        {
            end++;
        }

        return end == start || (start == 1 && (end == rest.Length || rest[end] != '}'))
            ? ("", 0)
            : (rest[start..end].ToString(), end + start);
    }

    private string Group(Re2Match match, string name)
    {
        if (int.TryParse(name, out var number))
        {
            return number < GroupCount ? match.Group(number) : "";
        }

        for (var i = 1; i < GroupCount; i++)
        {
            if (string.Equals(_names[i], name, StringComparison.Ordinal))
            {
                return match.Group(i);
            }
        }

        return "";
    }
}
