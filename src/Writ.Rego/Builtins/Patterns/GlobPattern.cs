using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
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

    private readonly Regex _regex;
    private readonly Lazy<Regex> _astral;

    private GlobPattern(string pattern, string separators)
    {
        if (pattern.Length > LongestPattern)
        {
            throw BuiltinError.Limit($"a glob of more than {LongestPattern} characters");
        }

        _regex = new Translator(pattern, separators, isAstral: false).Compile();
        _astral = new(() => new Translator(pattern, separators, isAstral: true).Compile());
    }

    public static GlobPattern Parse(string pattern, string separators) =>
        Cache.Get($"{separators.Length}{KeySeparator}{separators}{pattern}");

    public bool IsMatch(string text) => Automaton.Timed(Cache, () =>
        (text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') ? _astral.Value : _regex).IsMatch(text));

    private static GlobPattern Compile(string key)
    {
        var start = key.IndexOf(KeySeparator, StringComparison.Ordinal) + 1;
        var length = int.Parse(key.AsSpan(0, start - 1), NumberStyles.None, CultureInfo.InvariantCulture);
        return new GlobPattern(key[(start + length)..], key.Substring(start, length));
    }

    private sealed class Translator(string pattern, string separators, bool isAstral)
    {
        private readonly StringBuilder _out = new(@"\A");
        private readonly string _any = ButSeparators(separators).ToRegex(isAstral);
        private readonly string _every = RuneClass.Everything.ToRegex(isAstral);
        private int _at;
        private int _depth;

        public Regex Compile()
        {
            while (_at < pattern.Length)
            {
                ReadItem();
            }

            // A brace that is never closed ends with the pattern.
            _out.Append(')', _depth).Append(@"\z");
            return Automaton.Of(_out.ToString());
        }

        private static RuneClass ButSeparators(string separators)
        {
            var runes = new RuneClass();
            foreach (var rune in separators.EnumerateRunes())
            {
                runes.Add(rune.Value, rune.Value);
            }

            return runes.Negated();
        }

        private void ReadItem()
        {
            switch (pattern[_at])
            {
                case '*':
                    var isSuper = _at + 1 < pattern.Length && pattern[_at + 1] == '*';
                    _out.Append(isSuper ? _every : _any).Append('*');
                    _at += isSuper ? 2 : 1;
                    break;
                case '?':
                    _out.Append(_any);
                    _at++;
                    break;
                case '[':
                    _at++;
                    _out.Append(ReadRange().ToRegex(isAstral));
                    break;
                case '{':
                    _at++;
                    _depth++;
                    _out.Append(_depth <= 100 ? "(?:" : throw BuiltinError.Failed("braces are nested too deeply"));
                    break;
                case ',' when _depth > 0:
                    _at++;
                    _out.Append('|');
                    break;
                case '}' when _depth > 0:
                    _at++;
                    _depth--;
                    _out.Append(')');
                    break;
                default:
                    var rune = ReadRune();
                    foreach (var unit in rune.ToString())
                    {
                        _out.Append(RuneClass.Escape(unit));
                    }

                    break;
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
