using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Text;

/// <summary>
/// Searches one text in another in linear time. What the runtime does is faster for usual texts, and quadratic for
/// hostile ones: a long part that nearly fits at every place.
/// </summary>
internal static class TextSearch
{
    /// <summary>A part this short cannot make the runtime's search slow.</summary>
    private const int Short = 64;

    /// <summary>The first place, or -1.</summary>
    public static int IndexOf(string text, string part)
    {
        foreach (var at in Indexes(text, part))
        {
            return at;
        }

        return -1;
    }

    /// <summary>All places, each behind the end of the one before.</summary>
    public static IEnumerable<int> Indexes(string text, string part) => part.Length <= Short
        ? ShortIndexes(text, part, Math.Max(part.Length, 1))
        : LongIndexes(text, part, overlaps: false);

    /// <summary>All places.</summary>
    public static IEnumerable<int> Overlapping(string text, string part) => part.Length <= Short
        ? ShortIndexes(text, part, 1)
        : LongIndexes(text, part, overlaps: true);

    private static IEnumerable<int> ShortIndexes(string text, string part, int step)
    {
        for (var at = Next(0); at >= 0; at = Next(at + step))
        {
            Work.Tick();
            yield return at;
        }

        int Next(int start) => start > text.Length ? -1 : text.IndexOf(part, start, StringComparison.Ordinal);
    }

    /// <summary>Knuth, Morris and Pratt's: no character of the text is looked at again.</summary>
    private static IEnumerable<int> LongIndexes(string text, string part, bool overlaps)
    {
        // For each length of what fits, the longest shorter beginning of the part that is also its end.
        var shorter = new int[part.Length + 1];
        for (int i = 1, fits = 0; i < part.Length; i++)
        {
            fits = Longer(fits, part[i]);
            shorter[i + 1] = fits;
        }

        for (int i = 0, fits = 0; i < text.Length; i++)
        {
            if ((i & 0xFFF) == 0)
                Work.Tick(64);
            fits = Longer(fits, text[i]);
            if (fits < part.Length)
                continue;
            yield return i - fits + 1;
            fits = overlaps ? shorter[fits] : 0;
        }

        int Longer(int fits, char next)
        {
            while (fits > 0 && part[fits] != next)
            {
                fits = shorter[fits];
            }

            return part[fits] == next ? fits + 1 : 0;
        }
    }
}
