using System.Buffers;
using System.Globalization;
using System.Text;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>What a log consists of, beside the tiles that tlog-tiles names; docs/log.md is the list.</summary>
internal static class LogPaths
{
    public const string Checkpoint = "checkpoint";
    public const string History = "checkpoints";
    public const string Key = "key";
    public const string About = "about";
    public const string Sums = "SHA256SUMS";

    /// <summary>The most bytes of the details of one bundle.</summary>
    public const int MostDetails = 128 << 20;

    public const int MostKey = 4096;

    private const string Details = "details/";
    private const string Entries = "tile/entries/";
    private const string Title = "writ log v1\nbase ";

    /// <summary>Where what can be erased of a bundle's records lies: <c>details/x001/234.p/17</c>.</summary>
    public static string DetailsOf(Tile tile) => Details + tile.EntriesPath[Entries.Length..];

    /// <summary>Whether it shows records, and not their hashes alone.</summary>
    public static bool IsOfRecords(string path) =>
        path.StartsWith(Details, StringComparison.Ordinal) || path.StartsWith(Entries, StringComparison.Ordinal);

    /// <summary>The tile that a path is of, or whose entries or details it has; null: it is no such path.</summary>
    public static Tile? TileOf(string path)
    {
        var place = path.StartsWith(Details, StringComparison.Ordinal) ? $"entries/{path[Details.Length..]}"
            : path.StartsWith("tile/", StringComparison.Ordinal) ? path["tile/".Length..]
            : "";
        return Tile.TryParse(place, out var tile, out _) ? tile : null;
    }

    /// <summary>The index of the record that is the log's first leaf.</summary>
    /// <exception cref="UnableException">It is not said.</exception>
    public static async Task<long> BaseAsync(ILogPlace place, CancellationToken cancel)
    {
        var bytes = new ArrayBufferWriter<byte>();
        if (!await place.ReadAsync(About, MostKey, bytes, cancel))
            throw new UnableException($"{About} is not there: this is no log of Writ's, or not all of it.");
        var text = Encoding.Latin1.GetString(bytes.WrittenSpan);
        return text.StartsWith(Title, StringComparison.Ordinal)
            && text.EndsWith('\n')
            && long.TryParse(text[Title.Length..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                ? first
                : throw new UnableException($"{About} does not say where the log begins.");
    }
}
