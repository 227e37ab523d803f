using System.Runtime.CompilerServices;
using Writ.Rego.Builtins.Patterns.Automata;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>Reads RE2's syntax, and refuses in its words what it refuses.</summary>
internal sealed class Re2Parser
{
    private const int MaxHeight = 1000;

    private readonly string _pattern;
    private readonly List<string> _names = [""];
    private readonly Dictionary<int, PatternNode> _literals = [];
    private int _at;
    private Flags _flags;

    private Re2Parser(string pattern) => _pattern = pattern;

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

    /// <summary>The expression, and the names of its groups by their number, empty for those without.</summary>
    public static (PatternNode Node, IReadOnlyList<string> Names) Parse(string pattern)
    {
        var parser = new Re2Parser(pattern);
        var node = parser.ReadAlternatives(0);
        return !parser.IsAtEnd ? throw Broken("unexpected )", pattern)
            : node.Height > MaxHeight ? throw TooDeep(pattern)
            : (node, parser._names);
    }

    internal static BuiltinError Broken(string what, string where) =>
        BuiltinError.Failed($"error parsing regexp: {what}: `{where}`");

    private static BuiltinError TooDeep(string pattern) => Broken("expression nests too deeply", pattern);

    /// <summary>Alternatives up to a closing parenthesis.</summary>
    private PatternNode ReadAlternatives(int depth)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (depth > MaxHeight)
        {
            throw TooDeep(_pattern);
        }

        var alternatives = new List<PatternNode>();
        var items = new List<PatternNode>();
        var repeated = -1;
        while (!IsAtEnd && Current != ')')
        {
            var start = _at;
            if (Current == '|')
            {
                _at++;
                alternatives.Add(PatternNode.InOrder([.. items]));
                items.Clear();
            }
            else if (RepeatCount.TryRead(_pattern, ref _at) is { } count)
            {
                Repeat(items, count, start, repeated);
                repeated = start;
                continue;
            }
            else
            {
                ReadAtom(items, depth);
            }

            repeated = -1;
        }

        alternatives.Add(PatternNode.InOrder([.. items]));
        return PatternNode.OneOf(alternatives);
    }

    /// <summary>Repeats what stands before, once: what RE2 would repeat again is an error.</summary>
    private void Repeat(List<PatternNode> items, RepeatCount count, int start, int repeated)
    {
        count.Check(_pattern[start.._at]);
        var end = _at;
        if (items.Count == 0)
        {
            throw Broken("missing argument to repetition operator", _pattern[start..end]);
        }

        var isLazy = Current == '?';
        _at += isLazy ? 1 : 0;
        if (repeated >= 0)
        {
            throw Broken("invalid nested repetition operator", _pattern[repeated.._at]);
        }

        items[^1] = PatternNode.Times(
            items[^1], count.Least, count.Most, isLazy != _flags.HasFlag(Flags.Ungreedy), count.IsWritten);
        if (items[^1].Copies > RepeatCount.Largest)
        {
            throw Broken("invalid repeat count", _pattern[start.._at]);
        }
    }

    /// <summary>Reads one thing that can be repeated; nothing where flags change, more where text is quoted.</summary>
    private void ReadAtom(List<PatternNode> items, int depth)
    {
        switch (Current)
        {
            case '(':
                ReadGroup(items, depth);
                break;
            case '[':
                items.Add(new PatternNode.OneRune(ClassReader().Read(out _at)));
                break;
            case '.':
                _at++;
                items.Add(new PatternNode.OneRune(
                    _flags.HasFlag(Flags.DotAll) ? RuneClass.Everything : RuneClass.ButLineEnd));
                break;
            case '^':
                AddPlace(items, _flags.HasFlag(Flags.Lines) ? TextPlace.LineStart : TextPlace.TextStart, 1);
                break;
            case '$':
                AddPlace(items, _flags.HasFlag(Flags.Lines) ? TextPlace.LineEnd : TextPlace.TextEnd, 1);
                break;
            case '\\':
                ReadEscape(items);
                break;
            default:
                var length = ByteText.IsPair(_pattern, _at) ? 2 : 1;
                items.Add(Literal(length == 2 ? char.ConvertToUtf32(_pattern, _at) : Current));
                _at += length;
                break;
        }
    }

    private void ReadEscape(List<PatternNode> items)
    {
        switch (_at + 1 < _pattern.Length ? _pattern[_at + 1] : '\0')
        {
            case 'Q':
                var end = _pattern.IndexOf(@"\E", _at + 2, StringComparison.Ordinal);
                foreach (var rune in _pattern[(_at + 2)..(end < 0 ? _pattern.Length : end)].EnumerateRunes())
                {
                    items.Add(Literal(rune.Value));
                }

                _at = end < 0 ? _pattern.Length : end + 2;
                break;
            case 'A':
                AddPlace(items, TextPlace.TextStart, 2);
                break;
            case 'z':
                AddPlace(items, TextPlace.TextEnd, 2);
                break;
            case 'b':
                AddPlace(items, TextPlace.WordBoundary, 2);
                break;
            case 'B':
                AddPlace(items, TextPlace.NoWordBoundary, 2);
                break;
            default:
                var reader = ClassReader();
                items.Add(reader.TryReadShorthand(out var shorthand)
                    ? new PatternNode.OneRune(shorthand)
                    : Literal(reader.ReadEscapedRune()));
                _at = reader.At;
                break;
        }
    }

    private void ReadGroup(List<PatternNode> items, int depth)
    {
        var (outer, start, number) = (_flags, _at++, 0);
        var name = Current == '?' ? ReadGroupName() : "";
        if (name is null)
        {
            if (!ReadFlags(start))
            {
                return;
            }
        }
        else
        {
            number = _names.Count;
            _names.Add(name.Length == 0 || !_names.Contains(name, StringComparer.Ordinal)
                ? name
                : throw Broken("duplicate capture group name", name));
        }

        var inner = ReadAlternatives(depth + 1);
        if (IsAtEnd)
        {
            throw Broken("missing closing )", _pattern);
        }

        _at++;
        _flags = outer;
        items.Add(number == 0 ? inner : PatternNode.InGroup(number, inner));
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

    private void AddPlace(List<PatternNode> items, TextPlace place, int length)
    {
        _at += length;
        items.Add(PatternNode.At(place));
    }

    private Re2Class ClassReader() => new(_pattern, _at, _flags.HasFlag(Flags.FoldCase));

    private PatternNode Literal(int point)
    {
        var key = _flags.HasFlag(Flags.FoldCase) ? ~point : point;
        if (!_literals.TryGetValue(key, out var node))
        {
            var rune = new RuneClass().Add(point, point);
            node = new PatternNode.OneRune(key < 0 ? CaseFolding.Close(rune) : rune);
            _literals.Add(key, node);
        }

        return node;
    }
}
