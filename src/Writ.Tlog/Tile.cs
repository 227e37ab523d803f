using System.Globalization;
using System.Runtime.InteropServices;

namespace Writ.Tlog;

/// <summary>
/// A tile of a log (C2SP tlog-tiles): up to 256 hashes of one level that lie next to each other. It stands for a
/// subtree of height 8. Levels count by eights: a hash of level 1 is the root of a full tile of level 0.
/// </summary>
/// <param name="Level">0 to 7: more levels than that no tree has.</param>
/// <param name="Index">Its place within the level.</param>
/// <param name="Width">How many hashes: 256, or 1 to 255 of a partial tile.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Tile(int Level, long Index, int Width)
{
    /// <summary>The hashes of a full tile.</summary>
    public const int FullWidth = 256;

    /// <summary>The height of a full tile's subtree.</summary>
    public const int Height = 8;

    private const int MaxLevel = 63 / Height;
    private const string Entries = "entries";

    /// <summary>Whether it has all the hashes that it ever will.</summary>
    public bool IsFull => Width == FullWidth;

    /// <summary>The path below the log's prefix: <c>tile/0/x001/234.p/17</c>.</summary>
    public string Path => $"tile/{Level.ToString(CultureInfo.InvariantCulture)}/{Place}";

    /// <summary>Where the entries lie whose hashes a tile of level 0 has: <c>tile/entries/x001/234.p/17</c>.</summary>
    public string EntriesPath => $"tile/{Entries}/{Place}";

    private string Place
    {
        get
        {
            var path = (Index % 1000).ToString("D3", CultureInfo.InvariantCulture);
            for (var rest = Index / 1000; rest > 0; rest /= 1000)
                path = $"x{(rest % 1000).ToString("D3", CultureInfo.InvariantCulture)}/{path}";
            return IsFull ? path : $"{path}.p/{Width.ToString(CultureInfo.InvariantCulture)}";
        }
    }

    /// <summary>The tile of a level and place in a tree of that size; null: the tree has no hash there.</summary>
    public static Tile? In(long size, int level, long index)
    {
        if (level is < 0 or > MaxLevel || index < 0) return null;
        var width = (size >> (level * Height)) - (index * FullWidth);
        return width <= 0 ? null : new Tile(level, index, (int)Math.Min(width, FullWidth));
    }

    /// <summary>The tiles that a tree of one size has and one of a smaller size did not have so.</summary>
    public static IEnumerable<Tile> New(long before, long size)
    {
        for (var level = 0; level <= MaxLevel && size >> (level * Height) > 0; level++)
        {
            var (had, has) = (before >> (level * Height), size >> (level * Height));
            if (had == has) continue;
            for (var index = had / FullWidth; index * FullWidth < has; index++)
                yield return In(size, level, index)!.Value;
        }
    }

    /// <summary>Reads <c>L/N[.p/W]</c>, or <c>entries/N[.p/W]</c>: strictly, so that a tile has one path.</summary>
    public static bool TryParse(string path, out Tile tile, out bool areEntries)
    {
        tile = default;
        areEntries = path.StartsWith(Entries + "/", StringComparison.Ordinal);
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0) return false;
        var level = 0;
        if (!areEntries && !TryNumber(path.AsSpan(0, slash), MaxLevel, out level)) return false;
        var (place, width) = (path[(slash + 1)..], FullWidth);
        if (place.IndexOf(".p/", StringComparison.Ordinal) is >= 0 and var at)
        {
            if (!TryNumber(place.AsSpan(at + 3), FullWidth - 1, out width) || width == 0) return false;
            place = place[..at];
        }
        if (!TryPlace(place, out var index)) return false;
        tile = new Tile(level, index, width);
        return true;
    }

    private static bool TryPlace(string place, out long index)
    {
        index = 0;
        var parts = place.Split('/');
        if (parts.Length > 6 || (parts.Length > 1 && parts[0] == "x000")) return false;
        for (var i = 0; i < parts.Length; i++)
        {
            var digits = parts[i].AsSpan();
            if (i < parts.Length - 1)
            {
                if (digits is not ['x', ..]) return false;
                digits = digits[1..];
            }
            if (digits.Length != 3 || digits.ContainsAnyExceptInRange('0', '9')) return false;
            index = (index * 1000) + int.Parse(digits, CultureInfo.InvariantCulture);
        }
        return true;
    }

    private static bool TryNumber(ReadOnlySpan<char> digits, int most, out int number)
    {
        number = 0;
        return digits.Length is > 0 and < 4 && !digits.ContainsAnyExceptInRange('0', '9')
            && (digits.Length == 1 || digits[0] != '0')
            && int.TryParse(digits, CultureInfo.InvariantCulture, out number) && number <= most;
    }
}
