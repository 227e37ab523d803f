using System.Text;
using System.Text.RegularExpressions;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>A compiled expression of RE2, with Go's rules of what the matches are. Safe for several threads.</summary>
internal sealed class Re2Regex
{
    /// <summary>Longer ones would take long to compile; RE2 itself gives up on what needs too much memory.</summary>
    private const int LongestPattern = 20_000;

    /// <summary>A safety net: the time is linear in the text, which is bounded.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    private static readonly PatternCache<Re2Regex> Cache = new(pattern => new Re2Regex(pattern));

    private readonly IReadOnlyList<string> _names;
    private readonly Lazy<Regex> _astral;
    private readonly Regex _regex;

    private Re2Regex(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw Re2Translator.Broken("expression too large", pattern[..64]);
        }

        (var expression, _names) = Re2Translator.Translate(pattern, isAstral: false);
        _regex = Compile(expression);
        _astral = new(() => Compile(Re2Translator.Translate(pattern, isAstral: true).Expression));
    }

    public int GroupCount => _names.Count;

    public static Re2Regex Parse(string pattern) => Cache.Get(pattern);

    public bool IsMatch(string text)
    {
        try
        {
            return For(text).IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    /// <summary>All matches, at most so many; an empty one right after another does not count.</summary>
    public IEnumerable<Match> Matches(string text, long most = long.MaxValue)
    {
        var end = -1;
        for (var match = Timed(() => For(text).Match(text)); match.Success && most > 0; match = Timed(match.NextMatch))
        {
            Work.Tick(64);
            var isInsidePair = match.Index > 0 && ByteText.IsPair(text, match.Index - 1);
            if (match.Length > 0 || (match.Index != end && !isInsidePair))
            {
                yield return match;
                most--;
            }

            end = match.Index + match.Length;
        }
    }

    /// <summary>Every match replaced by a template with <c>$1</c>, <c>${name}</c> and <c>$$</c>.</summary>
    public string Replace(BuiltinContext context, string text, string template)
    {
        var result = new StringBuilder(text.Length);
        var last = 0;
        foreach (var match in Matches(text))
        {
            result.Append(text, last, match.Index - last);
            Expand(result, template, match);
            last = match.Index + match.Length;
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
            if (match.Index + match.Length != 0)
            {
                parts.Add(text[begin..end]);
                context.CheckItems(parts.Count);
            }

            begin = match.Index + match.Length;
        }

        if (end != text.Length || text.Length == 0)
        {
            parts.Add(text[begin..]);
        }

        return parts;
    }

    /// <summary>The whole query fails then: a verdict by the clock would not be the same each time.</summary>
    private static T Timed<T>(Func<T> match)
    {
        try
        {
            return match();
        }
        catch (RegexMatchTimeoutException)
        {
            throw TooSlow();
        }
    }

    private static BuiltinError TooSlow() =>
        BuiltinError.Limit($"a match that takes more than {TimeLimit.TotalSeconds} seconds");

    private Regex For(string text) =>
        text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? _astral.Value : _regex;

    private void Expand(StringBuilder result, string template, Match match)
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

    private string Group(Match match, string name)
    {
        if (int.TryParse(name, out var number))
        {
            return number < GroupCount ? match.Groups[number].Value : "";
        }

        for (var i = 1; i < GroupCount; i++)
        {
            if (string.Equals(_names[i], name, StringComparison.Ordinal))
            {
                return match.Groups[i].Value;
            }
        }

        return "";
    }

    private static Regex Compile(string expression)
    {
        try
        {
            return new Regex(
                expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeLimit);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            throw BuiltinError.Failed($"error parsing regexp: {error.Message}");
        }
    }
}
