namespace Writ.Rego.Bundles.Files;

/// <summary>A shell's pattern for one name: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a-z]</c> and <c>\</c>; none
/// crosses a slash.</summary>
internal static class FilePattern
{
    /// <summary>Whether a name fits; a broken pattern fits nothing.</summary>
    public static bool Matches(string pattern, string name)
    {
        // Of all stars only the last needs to be tried again: linear in the name for each of them.
        var (p, n) = (0, 0);
        var (star, from) = (-1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, from) = (p++, n);
                continue;
            }

            if (p < pattern.Length && One(pattern, p, name[n]) is { } next)
            {
                (p, n) = (next, n + 1);
                continue;
            }

            if (star < 0 || name[from] == '/')
                return false;
            (p, n) = (star + 1, ++from);
        }

        return pattern[p..].All(c => c == '*');
    }

    /// <summary>Where the pattern goes on when its sign at a place fits the character; null when it does not.</summary>
    private static int? One(string pattern, int at, char c)
    {
        switch (pattern[at])
        {
            case '?':
                return c == '/' ? null : at + 1;
            case '\\':
                return at + 1 < pattern.Length && pattern[at + 1] == c ? at + 2 : null;
            case '[':
                return Class(pattern, at + 1, c);
            default:
                return pattern[at] == c ? at + 1 : null;
        }
    }

    private static int? Class(string pattern, int at, char c)
    {
        var isNegated = at < pattern.Length && pattern[at] == '^';
        var fits = false;
        var isFirst = true;
        for (var i = isNegated ? at + 1 : at; i < pattern.Length; i++, isFirst = false)
        {
            if (pattern[i] == ']' && !isFirst)
                return fits != isNegated && c != '/' ? i + 1 : null;
            if (pattern[i] == '\\' && ++i == pattern.Length)
                return null;
            var (low, high) = (pattern[i], pattern[i]);
            if (i + 2 < pattern.Length && pattern[i + 1] == '-' && pattern[i + 2] != ']')
                high = pattern[i += 2];
            fits |= low <= c && c <= high;
        }

        return null;
    }
}
