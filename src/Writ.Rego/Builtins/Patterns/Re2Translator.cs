using System.Globalization;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>
/// Reads RE2's syntax and writes what means the same to .NET's automata: they too take the first match from the left
/// and need time linear in the text. The translation for texts beyond Unicode's first plane spells such code points
/// as pairs.
/// </summary>
internal sealed class Re2Translator
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 500;
    private const int LastOfAscii = 0x7F;
    private const int LastOfPlane = 0xFFFF;

    private readonly string _pattern;
    private readonly bool _isAstral;
    private readonly StandIns? _standIns;
    private readonly StringBuilder _out = new();
    private readonly List<string> _names = [""];
    private readonly List<RuneClass> _classes = [];
    private bool _hasBoundary;
    private int _at;
    private Flags _flags;

    private Re2Translator(string pattern, bool isAstral, StandIns? standIns)
    {
        _pattern = pattern;
        _isAstral = isAstral;
        _standIns = standIns;
    }

    [Flags]
    private enum Flags
    {
        None = 0,
        FoldCase = 1,
        Lines = 2,
        DotAll = 4,
        Ungreedy = 8,
    }

    private bool IsAtEnd => _at >= _pattern.Length;

    private char Current => _at < _pattern.Length ? _pattern[_at] : '\0';

    /// <summary>For texts with or without code points beyond the first plane, and with stand-ins or without.</summary>
    public static Re2Translation Translate(string pattern, bool isAstral, StandIns? standIns)
    {
        var translator = new Re2Translator(pattern, isAstral, standIns);
        translator.ReadAlternatives(0);
        return translator.IsAtEnd
            ? new(translator._out.ToString(), translator._names, translator._classes, translator._hasBoundary)
            : throw Broken("unexpected )", pattern);
    }

    /// <summary>Alternatives up to a closing parenthesis; the largest product of repetitions within.</summary>
    private int ReadAlternatives(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Broken("expression nests too deeply", _pattern);
        }

        var largest = 1;
        while (!IsAtEnd && Current != ')')
        {
            if (Current == '|')
            {
                _at++;
                _out.Append('|');
            }
            else if (ReadAtom(depth) is { } repeats)
            {
                largest = Math.Max(largest, ReadRepetitions(repeats));
            }
        }

        return largest;
    }

    /// <summary>One thing that can be repeated; null when it cannot, as a change of flags.</summary>
    private int? ReadAtom(int depth)
    {
        switch (Current)
        {
            case '(':
                return ReadGroup(depth);
            case '[':
                AddClass(ClassReader().Read(out _at));
                return 1;
            case '.':
                _at++;
                AddClass(_flags.HasFlag(Flags.DotAll) ? RuneClass.Everything : RuneClass.ButLineEnd);
                return 1;
            case '^':
                _at++;
                _out.Append(_flags.HasFlag(Flags.Lines) ? "(?m:^)" : @"\A");
                return 1;
            case '$':
                _at++;
                _out.Append(_flags.HasFlag(Flags.Lines) ? "(?m:$)" : @"\z");
                return 1;
            case '\\':
                return ReadEscape();
            case '*' or '+' or '?':
                throw Broken("missing argument to repetition operator", _pattern.Substring(_at, 1));
            default:
                var length = ByteText.IsPair(_pattern, _at) ? 2 : 1;
                AddLiteral(length == 2 ? char.ConvertToUtf32(_pattern, _at) : Current);
                _at += length;
                return 1;
        }
    }

    private int? ReadEscape()
    {
        if (_pattern.AsSpan(_at).StartsWith(@"\Q"))
        {
            var end = _pattern.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
            foreach (var rune in _pattern[(_at + 2)..(end < 0 ? _pattern.Length : end)].EnumerateRunes())
            {
                AddLiteral(rune.Value);
            }

            _at = end < 0 ? _pattern.Length : end + 2;
            return 1;
        }

        switch (_at + 1 < _pattern.Length ? _pattern[_at + 1] : '\0')
        {
            case 'A':
                _out.Append(@"\A");
                break;
            case 'z':
                _out.Append(@"\z");
                break;
            case 'b':
                _out.Append(@"\b");
                _hasBoundary = true;
                break;
            case 'B':
                _out.Append(@"\B");
                _hasBoundary = true;
                break;
            default:
                var reader = ClassReader();
                if (reader.TryReadShorthand(out var shorthand))
                {
                    AddClass(shorthand);
                }
                else
                {
                    AddLiteral(reader.ReadEscapedRune());
                }

                _at = reader.At;
                return 1;
        }

        _at += 2;
        return 1;
    }

    private int? ReadGroup(int depth)
    {
        var (outer, start) = (_flags, _at);
        _at++;
        var open = "(";
        if (Current == '?')
        {
            var name = ReadGroupName();
            if (name is null)
            {
                if (!ReadFlags(start))
                {
                    return null;
                }

                open = "(?:";
            }
            else
            {
                if (_names.Contains(name, StringComparer.Ordinal))
                {
                    throw Broken("duplicate capture group name", name);
                }

                _names.Add(name);
            }
        }
        else
        {
            _names.Add("");
        }

        _out.Append(open);
        var repeats = ReadAlternatives(depth + 1);
        if (IsAtEnd)
        {
            throw Broken("missing closing )", _pattern);
        }

        _at++;
        _out.Append(')');
        _flags = outer;
        return repeats;
    }

    /// <summary><c>?P&lt;name&gt;</c> or <c>?&lt;name&gt;</c>; null when flags follow.</summary>
    private string? ReadGroupName()
    {
        var rest = _pattern.AsSpan(_at);
        var skipped = rest.StartsWith("?P<") ? 3 : rest.StartsWith("?<") ? 2 : 0;
        if (skipped == 0)
        {
            return null;
        }

        var end = rest.IndexOf('>');
        var name = end < 0 ? "" : rest[skipped..end].ToString();
        if (name.Length == 0 || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c != '_'))
        {
            throw Broken("invalid named capture", $"({(end < 0 ? rest : rest[..(end + 1)])}");
        }

        _at += end + 1;
        return name;
    }

    /// <summary>Whether a group follows the flags; if not, they hold for the rest of the group around them.</summary>
    private bool ReadFlags(int start)
    {
        var (flags, negate, any) = (_flags, false, false);
        for (_at++; !IsAtEnd; _at++)
        {
            var flag = Current switch
            {
                'i' => Flags.FoldCase,
                'm' => Flags.Lines,
                's' => Flags.DotAll,
                'U' => Flags.Ungreedy,
                _ => Flags.None,
            };
            if (flag != Flags.None)
            {
                flags = negate ? flags & ~flag : flags | flag;
                any = true;
            }
            else if (Current == '-' && !negate)
            {
                (negate, any) = (true, false);
            }
            else if (Current is ':' or ')' && (any || !negate))
            {
                _flags = flags;
                return _pattern[_at++] == ':';
            }
            else
            {
                break;
            }
        }

        throw IsAtEnd
            ? Broken("missing closing )", _pattern)
            : Broken("invalid or unsupported Perl syntax", _pattern[start..(_at + 1)]);
    }

    private int ReadRepetitions(int inner)
    {
        var start = _at;
        if (ReadRepetition() is not { } most)
        {
            return inner;
        }

        var isLazy = Current == '?';
        _at += isLazy ? 1 : 0;
        _out.Append(isLazy != _flags.HasFlag(Flags.Ungreedy) ? "?" : "");
        var before = _at;
        if (ReadRepetition(isDry: true) is not null)
        {
            throw Broken("invalid nested repetition operator", _pattern[start.._at]);
        }

        _at = before;
        var product = (long)inner * Math.Max(most, 1);
        return product <= MaxRepeat
            ? (int)product
            : throw Broken("invalid repeat count", _pattern[start..before]);
    }

    /// <summary>The most repetitions that are written out: 1 for those without end; null when none follows.</summary>
    private int? ReadRepetition(bool isDry = false)
    {
        if (Current is '*' or '+' or '?')
        {
            _out.Append(isDry ? "" : Current.ToString());
            _at++;
            return 1;
        }

        if (Current != '{' || _pattern.IndexOf('}', _at) is not (> 0 and var end))
        {
            return null;
        }

        var parts = _pattern[(_at + 1)..end].Split(',');
        var isCount = parts.Length <= 2 && IsNumber(parts[0])
            && (parts.Length == 1 || parts[1].Length == 0 || IsNumber(parts[1]));
        if (!isCount)
        {
            return null;
        }

        var text = _pattern[_at..(end + 1)];
        var least = ParseCount(parts[0]);
        var most = parts.Length == 1 ? least : parts[1].Length == 0 ? least : ParseCount(parts[1]);
        if (least > MaxRepeat || most > MaxRepeat || most < least)
        {
            throw Broken("invalid repeat count", text);
        }

        _out.Append(isDry ? "" : text);
        _at = end + 1;
        return most;
    }

    private static bool IsNumber(string text) =>
        text.Length > 0 && text.All(char.IsAsciiDigit) && (text.Length == 1 || text[0] != '0');

    private static int ParseCount(string text) =>
        text.Length > 4 ? MaxRepeat + 1 : int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private Re2Class ClassReader() => new(_pattern, _at, _flags.HasFlag(Flags.FoldCase));

    private void AddLiteral(int point)
    {
        var rune = new RuneClass().Add(point, point);
        if (_flags.HasFlag(Flags.FoldCase))
        {
            AddClass(CaseFolding.Close(rune));
        }
        else if (point > LastOfPlane)
        {
            _out.Append("(?:").AppendJoin("", char.ConvertFromUtf32(point).Select(unit => RuneClass.Escape(unit)))
                .Append(')');
        }
        else if (point > LastOfAscii)
        {
            AddClass(rune);
        }
        else
        {
            _out.Append(RuneClass.Escape(point));
        }
    }

    private void AddClass(RuneClass runes)
    {
        _classes.Add(runes);
        _out.Append((_standIns?.Replace(runes) ?? runes).ToRegex(_isAstral));
    }

    internal static BuiltinError Broken(string what, string where) =>
        BuiltinError.Failed($"error parsing regexp: {what}: `{where}`");
}
