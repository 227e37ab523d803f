using System.Collections.Concurrent;
using System.Globalization;

namespace Writ.Rego.Builtins.Patterns;

/// <summary>A set of code points, as ranges.</summary>
internal sealed class RuneClass
{
    private const int Last = 0x10FFFF;

    private static readonly ConcurrentDictionary<string, RuneClass?> Categories = new(StringComparer.Ordinal);

    private readonly List<(int First, int Last)> _ranges = [];
    private List<(int First, int Last)>? _merged;

    public static RuneClass Digits { get; } = new RuneClass().Add('0', '9');

    public static RuneClass Word { get; } = new RuneClass().Add('0', '9').Add('A', 'Z').Add('_', '_').Add('a', 'z');

    public static RuneClass Space { get; } = new RuneClass().Add('\t', '\n').Add('\f', '\r').Add(' ', ' ');

    public static RuneClass Everything { get; } = new RuneClass().Negated();

    public static RuneClass ButLineEnd { get; } = new RuneClass().Add('\n', '\n').Negated();

    /// <summary>In order, apart from one another.</summary>
    public IReadOnlyList<(int First, int Last)> Ranges => Merged();

    public RuneClass Add(int first, int last)
    {
        _ranges.Add((first, last));
        _merged = null;
        return this;
    }

    public RuneClass Add(RuneClass other)
    {
        _ranges.AddRange(other._ranges);
        _merged = null;
        return this;
    }

    public bool Contains(int point)
    {
        var ranges = Merged();
        var (low, high) = (0, ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Last < point)
            {
                low = middle + 1;
            }
            else if (ranges[middle].First > point)
            {
                high = middle - 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    public RuneClass Negated()
    {
        var negated = new RuneClass();
        var next = 0;
        foreach (var (first, last) in Merged())
        {
            if (first > next)
            {
                negated.Add(next, first - 1);
            }

            next = last + 1;
        }

        return next <= Last ? negated.Add(next, Last) : negated;
    }

    /// <summary>The class of POSIX or null: <c>alpha</c>, <c>digit</c>, …; ASCII only.</summary>
    public static RuneClass? Posix(string name) => name switch
    {
        "alnum" => new RuneClass().Add('0', '9').Add('A', 'Z').Add('a', 'z'),
        "alpha" => new RuneClass().Add('A', 'Z').Add('a', 'z'),
        "ascii" => new RuneClass().Add(0, 0x7F),
        "blank" => new RuneClass().Add('\t', '\t').Add(' ', ' '),
        "cntrl" => new RuneClass().Add(0, 0x1F).Add(0x7F, 0x7F),
        "digit" => Digits,
        "graph" => new RuneClass().Add('!', '~'),
        "lower" => new RuneClass().Add('a', 'z'),
        "print" => new RuneClass().Add(' ', '~'),
        "punct" => new RuneClass().Add('!', '/').Add(':', '@').Add('[', '`').Add('{', '~'),
        "space" => new RuneClass().Add('\t', '\r').Add(' ', ' '),
        "upper" => new RuneClass().Add('A', 'Z'),
        "word" => Word,
        "xdigit" => new RuneClass().Add('0', '9').Add('A', 'F').Add('a', 'f'),
        _ => null,
    };

    /// <summary>
    /// A general category (<c>L</c>, <c>Lu</c>), <c>Any</c> or one of the commoner scripts; else null.
    /// </summary>
    public static RuneClass? Named(string name) =>
        name is "Any" ? new RuneClass().Add(0, Last) : Scripts.Find(name) ?? Categories.GetOrAdd(name, OfCategory);

    private List<(int First, int Last)> Merged()
    {
        if (_merged is { } known)
        {
            return known;
        }

        var merged = new List<(int First, int Last)>();
        foreach (var (first, last) in _ranges.Order())
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        _merged = merged;
        return merged;
    }

    private static RuneClass? OfCategory(string name)
    {
        var wanted = Enum.GetValues<UnicodeCategory>()
            .Where(category => Abbreviation(category).StartsWith(name, StringComparison.Ordinal)).ToHashSet();
        if (wanted.Count == 0 || name.Length is 0 or > 2)
        {
            return null;
        }

        var found = new RuneClass();
        for (var point = 0; point <= Last; point++)
        {
            var first = point;
            while (point <= Last && wanted.Contains(CharUnicodeInfo.GetUnicodeCategory(point)))
            {
                point++;
            }

            if (point > first)
            {
                found.Add(first, point - 1);
            }
        }

        return found;
    }

    private static string Abbreviation(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => "Lu",
        UnicodeCategory.LowercaseLetter => "Ll",
        UnicodeCategory.TitlecaseLetter => "Lt",
        UnicodeCategory.ModifierLetter => "Lm",
        UnicodeCategory.OtherLetter => "Lo",
        UnicodeCategory.NonSpacingMark => "Mn",
        UnicodeCategory.SpacingCombiningMark => "Mc",
        UnicodeCategory.EnclosingMark => "Me",
        UnicodeCategory.DecimalDigitNumber => "Nd",
        UnicodeCategory.LetterNumber => "Nl",
        UnicodeCategory.OtherNumber => "No",
        UnicodeCategory.SpaceSeparator => "Zs",
        UnicodeCategory.LineSeparator => "Zl",
        UnicodeCategory.ParagraphSeparator => "Zp",
        UnicodeCategory.Control => "Cc",
        UnicodeCategory.Format => "Cf",
        UnicodeCategory.Surrogate => "Cs",
        UnicodeCategory.PrivateUse => "Co",
        UnicodeCategory.ConnectorPunctuation => "Pc",
        UnicodeCategory.DashPunctuation => "Pd",
        UnicodeCategory.OpenPunctuation => "Ps",
        UnicodeCategory.ClosePunctuation => "Pe",
        UnicodeCategory.InitialQuotePunctuation => "Pi",
        UnicodeCategory.FinalQuotePunctuation => "Pf",
        UnicodeCategory.OtherPunctuation => "Po",
        UnicodeCategory.MathSymbol => "Sm",
        UnicodeCategory.CurrencySymbol => "Sc",
        UnicodeCategory.ModifierSymbol => "Sk",
        UnicodeCategory.OtherSymbol => "So",
        _ => "--",
    };
}
