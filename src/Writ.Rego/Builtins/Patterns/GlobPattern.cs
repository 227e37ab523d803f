using System.Globalization;
using System.Text;
using Writ.Rego.Builtins.Patterns.Automata;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// A glob with separators: <c>*</c> and <c>?</c> stop at them, <c>**</c> does not; <c>[abc]</c>, <c>[a-c]</c>,
/// <c>[!a]</c> and <c>{one,other}</c>. Becomes an automaton, so that no pattern takes more than linear time.
/// </summary>
internal sealed class GlobPattern
{
    private const char KeySeparator = '\n';
    private const int LongestPattern = 20_000;
    private static readonly PatternCache<GlobPattern> Cache = new(Compile);

    private readonly PatternMatcher _matcher;

    private GlobPattern(string pattern, string separators)
    {
        if (pattern.Length > LongestPattern)
        {
            throw BuiltinError.Limit($"a glob of more than {LongestPattern} characters");
        }

        _matcher = new PatternMatcher(new Reader(pattern, separators).Read(), groupCount: 1, Cache.Charge);
    }

    public static GlobPattern Parse(string pattern, string separators) =>
        Cache.Get($"{separators.Length}{KeySeparator}{separators}{pattern}");

    public bool IsMatch(string text) => _matcher.IsMatch(text);

    private static GlobPattern Compile(string key)
    {
        var start = key.IndexOf(KeySeparator, StringComparison.Ordinal) + 1;
        var length = int.Parse(key.AsSpan(0, start - 1), NumberStyles.None, CultureInfo.InvariantCulture);
        return new GlobPattern(key[(start + length)..], key.Substring(start, length));
    }

    private sealed class Reader(string pattern, string separators)
    {
        private const int MostBraces = 100;

        private readonly RuneClass _any = ButSeparators(separators);
        private int _at;

        public PatternNode Read() => PatternNode.InOrder(
        [
            PatternNode.At(TextPlace.TextStart), ReadItems(0), PatternNode.At(TextPlace.TextEnd),
        ]);

        private static RuneClass ButSeparators(string separators)
        {
            var runes = new RuneClass();
            foreach (var rune in separators.EnumerateRunes())
            {
                runes.Add(rune.Value, rune.Value);
            }

            return runes.Negated();
        }

        /// <summary>Up to a brace's end, or the pattern's: a brace that is never closed ends there.</summary>
        private PatternNode ReadItems(int depth)
        {
            var alternatives = new List<PatternNode>();
            var items = new List<PatternNode>();
            while (_at < pattern.Length && !(depth > 0 && pattern[_at] == '}'))
            {
                if (depth > 0 && pattern[_at] == ',')
                {
                    _at++;
                    alternatives.Add(PatternNode.InOrder([.. items]));
                    items.Clear();
                }
                else
                {
                    items.Add(ReadItem(depth));
                }
            }

            _at++;
            alternatives.Add(PatternNode.InOrder([.. items]));
            return PatternNode.OneOf(alternatives);
        }

        private PatternNode ReadItem(int depth)
        {
            switch (pattern[_at])
            {
                case '*':
                    var isSuper = _at + 1 < pattern.Length && pattern[_at + 1] == '*';
                    _at += isSuper ? 2 : 1;
                    return PatternNode.Times(
                        new PatternNode.OneRune(isSuper ? RuneClass.Everything : _any), 0, null, false, false);
                case '?':
                    _at++;
                    return new PatternNode.OneRune(_any);
                case '[':
                    _at++;
                    return new PatternNode.OneRune(ReadRange());
                case '{':
                    _at++;
                    return depth < MostBraces
                        ? ReadItems(depth + 1)
                        : throw BuiltinError.Failed("braces are nested too deeply");
                default:
                    var rune = ReadRune();
                    return new PatternNode.OneRune(new RuneClass().Add(rune.Value, rune.Value));
            }
        }

        /// <summary>What brackets hold: one range, or a list of characters.</summary>
        private RuneClass ReadRange()
        {
            var isNegated = _at < pattern.Length && pattern[_at] == '!';
            _at += isNegated ? 1 : 0;
            var runes = new RuneClass();
            var first = ReadRune();
            if (_at < pattern.Length && pattern[_at] == '-')
            {
                _at++;
                var last = ReadRune();
                runes.Add(first.Value, first <= last
                    ? last.Value
                    : throw BuiltinError.Failed($"hi character '{last}' should be greater than lo '{first}'"));
                Close();
            }
            else
            {
                runes.Add(first.Value, first.Value);
                while (_at < pattern.Length && pattern[_at] != ']')
                {
                    var rune = ReadRune();
                    runes.Add(rune.Value, rune.Value);
                }

                Close();
            }

            return isNegated ? runes.Negated() : runes;
        }

        private void Close()
        {
            if (_at >= pattern.Length)
            {
                throw BuiltinError.Failed("unexpected end of input");
            }

            if (pattern[_at++] != ']')
            {
                throw BuiltinError.Failed("expected close range character");
            }
        }

        /// <summary>One character, or the one after a backslash.</summary>
        private Rune ReadRune()
        {
            _at += _at < pattern.Length && pattern[_at] == '\\' ? 1 : 0;
            if (_at >= pattern.Length)
            {
                throw BuiltinError.Failed("unexpected end of input");
            }

            var rune = Rune.TryGetRuneAt(pattern, _at, out var found) ? found : Rune.ReplacementChar;
            _at += ByteText.IsPair(pattern, _at) ? 2 : 1;
            return rune;
        }
    }
}
