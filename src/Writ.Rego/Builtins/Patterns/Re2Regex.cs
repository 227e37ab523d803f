using System.Text;
using System.Text.RegularExpressions;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>A compiled expression of RE2, with Go's rules of what the matches are. Safe for several threads.</summary>
internal sealed class Re2Regex
{
    /// <summary>Longer ones would take long to compile; RE2 itself gives up on what needs too much memory.</summary>
    private const int LongestPattern = 20_000;

    private static readonly PatternCache<Re2Regex> Cache = new(pattern => new Re2Regex(pattern));

    private readonly string _pattern;
    private readonly IReadOnlyList<string> _names;
    private readonly Lazy<StandIns>? _standIns;
    private readonly Regex _regex;
    private readonly Lazy<Regex> _astral;
    private readonly Lazy<Regex> _withStandIns;
    private readonly Lazy<Regex> _astralWithStandIns;

    private Re2Regex(string pattern)
    {
        if (pattern.Length > LongestPattern)
        {
            throw BuiltinError.Limit($"an expression of more than {LongestPattern} characters");
        }

        _pattern = pattern;
        var translation = Re2Translator.Translate(pattern, isAstral: false, standIns: null);
        _names = translation.Names;
        _standIns = translation.HasBoundary ? new(() => StandIns.For(translation.Classes)) : null;
        _regex = Automaton.Of(translation.Expression);
        _astral = new(() => Compile(isAstral: true, null));
        _withStandIns = new(() => Compile(isAstral: false, _standIns?.Value));
        _astralWithStandIns = new(() => Compile(isAstral: true, _standIns?.Value));
    }

    public int GroupCount => _names.Count;

    public static Re2Regex Parse(string pattern) => Cache.Get(pattern);

    public bool IsMatch(string text) => Automaton.Timed(Cache, () =>
    {
        var (regex, seen) = For(text);
        return regex.IsMatch(seen);
    });

    /// <summary>All matches, at most so many; an empty one right after another does not count.</summary>
    public IEnumerable<Re2Match> Matches(string text, long most = long.MaxValue)
    {
        var end = -1;
        var (regex, seen) = For(text);
        for (var match = Automaton.Timed(Cache, () => regex.Match(seen)); match.Success && most > 0;
            match = Automaton.Timed(Cache, match.NextMatch))
        {
            Work.Tick(64);
            var isInsidePair = match.Index > 0 && ByteText.IsPair(text, match.Index - 1);
            if (match.Length > 0 || (match.Index != end && !isInsidePair))
            {
                yield return new Re2Match(text, match);
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

    private Regex Compile(bool isAstral, StandIns? standIns) =>
        Automaton.Of(Re2Translator.Translate(_pattern, isAstral, standIns).Expression);

    /// <summary>The automaton for a text, and what it is to see of the text.</summary>
    private (Regex Regex, string Seen) For(string text)
    {
        var isAstral = text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');
        return _standIns is null || Ascii.IsValid(text)
            ? (isAstral ? _astral.Value : _regex, text)
            : ((isAstral ? _astralWithStandIns : _withStandIns).Value, _standIns.Value.Replace(text));
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
