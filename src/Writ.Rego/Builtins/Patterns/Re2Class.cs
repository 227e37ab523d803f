using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// Reads what stands for code points: classes in brackets, <c>\d</c>, <c>\pL</c>, escaped characters.
/// </summary>
internal sealed class Re2Class(string pattern, int at, bool foldsCase)
{
    public int At { get; private set; } = at;

    private char Current => At < pattern.Length ? pattern[At] : '\0';

    /// <summary>Reads <c>[…]</c>.</summary>
    public RuneClass Read(out int end)
    {
        var start = At++;
        var isNegated = Current == '^';
        At += isNegated ? 1 : 0;
        var runes = new RuneClass();
        for (var isFirst = true; isFirst || Current != ']'; isFirst = false)
        {
            if (At >= pattern.Length)
            {
                throw Re2Parser.Broken("missing closing ]", pattern[start..]);
            }

            // POSIX: a hyphen is only itself at the ends.
            if (Current == '-' && !isFirst && At + 1 < pattern.Length && pattern[At + 1] != ']')
            {
                throw Re2Parser.Broken("invalid character class range", pattern.Substring(At, 2));
            }

            if (TryReadPosix(out var known) || TryReadShorthand(out known))
            {
                runes.Add(known);
            }
            else
            {
                ReadRange(runes);
            }
        }

        end = ++At;
        return isNegated ? runes.Negated() : runes;
    }

    /// <summary>Reads <c>\d</c> and its like, if that is what stands here.</summary>
    public bool TryReadShorthand(out RuneClass runes)
    {
        runes = RuneClass.Digits;
        if (Current != '\\' || At + 1 >= pattern.Length)
        {
            return false;
        }

        var letter = pattern[At + 1];
        RuneClass? found = char.ToLowerInvariant(letter) switch
        {
            'd' => Folded(RuneClass.Digits),
            'w' => Folded(RuneClass.Word),
            's' => Folded(RuneClass.Space),
            'p' => ReadProperty(),
            _ => null,
        };
        if (found is null)
        {
            return false;
        }

        At += char.ToLowerInvariant(letter) == 'p' ? 0 : 2;
        runes = char.IsUpper(letter) ? found.Negated() : found;
        return true;
    }

    /// <summary>Reads a backslash and what it makes of the characters after it.</summary>
    public int ReadEscapedRune()
    {
        var start = At++;
        if (At >= pattern.Length)
        {
            throw Re2Parser.Broken("trailing backslash at end of expression", "");
        }

        var letter = pattern[At++];
        switch (letter)
        {
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case 'x':
                return ReadHex(start);
            case '0' or (>= '1' and <= '7') when letter == '0' || Current is >= '0' and <= '7':
                var value = letter - '0';
                for (var i = 0; i < 2 && Current is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + (pattern[At++] - '0');
                }

                return value;
            case < (char)128 when !char.IsAsciiLetterOrDigit(letter):
                return letter;
            default:
                throw Re2Parser.Broken("invalid escape sequence", pattern[start..At]);
        }
    }

    private RuneClass ReadProperty()
    {
        var start = At;
        var end = At + 2 < pattern.Length && pattern[At + 2] == '{' ? pattern.IndexOf('}', At) : At + 2;
        if (end < 0 || end >= pattern.Length)
        {
            throw Re2Parser.Broken("invalid character class range", pattern[start..]);
        }

        var name = pattern[(At + 2)..(end + 1)].Trim('{', '}');
        var isNegated = name.StartsWith('^');
        At = end + 1;
        var runes = Folded(RuneClass.Named(name.TrimStart('^'))
            ?? throw Re2Parser.Broken("invalid character class range", pattern[start..At]));
        return isNegated ? runes.Negated() : runes;
    }

    private bool TryReadPosix(out RuneClass runes)
    {
        runes = RuneClass.Digits;
        var rest = pattern.AsSpan(At);
        var end = rest.StartsWith("[:") ? rest.IndexOf(":]") : -1;
        if (end < 0)
        {
            return false;
        }

        var name = rest[2..end].ToString();
        var found = Folded(RuneClass.Posix(name.TrimStart('^'))
            ?? throw Re2Parser.Broken("invalid character class range", $"[:{name}:]"));
        runes = name.StartsWith('^') ? found.Negated() : found;
        At += end + 2;
        return true;
    }

    private void ReadRange(RuneClass runes)
    {
        var start = At;
        var first = ReadRune();
        var last = first;
        if (Current == '-' && At + 1 < pattern.Length && pattern[At + 1] != ']')
        {
            At++;
            last = ReadRune();
        }

        if (last < first)
        {
            throw Re2Parser.Broken("invalid character class range", pattern[start..At]);
        }

        runes.Add(Folded(new RuneClass().Add(first, last)));
    }

    /// <summary>Before anything is negated: neither case of what is left out is in the rest.</summary>
    private RuneClass Folded(RuneClass runes) => foldsCase ? CaseFolding.Close(runes) : runes;

    private int ReadRune()
    {
        if (Current == '\\')
        {
            return ReadEscapedRune();
        }

        if (At >= pattern.Length)
        {
            throw Re2Parser.Broken("missing closing ]", pattern);
        }

        var length = ByteText.IsPair(pattern, At) ? 2 : 1;
        var rune = length == 2 ? char.ConvertToUtf32(pattern, At) : Current;
        At += length;
        return rune;
    }

    private int ReadHex(int start)
    {
        var end = Current == '{' ? pattern.IndexOf('}', At) : At + 2;
        var digits = end < 0 || end > pattern.Length ? "" : pattern[At..end].TrimStart('{');
        At = end < 0 ? pattern.Length : Math.Min(Current == '{' ? end + 1 : end, pattern.Length);
        return digits.Length is > 0 and <= 8
            && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rune)
            && rune is >= 0 and <= 0x10FFFF
            ? rune
            : throw Re2Parser.Broken("invalid escape sequence", pattern[start..At]);
    }
}
