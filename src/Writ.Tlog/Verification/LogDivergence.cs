namespace Writ.Tlog;

/// <summary>Where a log is not what it says, with both sides.</summary>
/// <param name="Place">Which resource, and what in it.</param>
/// <param name="Stands">What stands there.</param>
/// <param name="Computed">What must stand there, by all that was read before.</param>
public sealed record LogDivergence(string Place, string Stands, string Computed)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Place}: there is {Stands}; it must be {Computed}";

    /// <summary>The first hash of a tile that is another than was computed; null: it is the same tile.</summary>
    internal static LogDivergence? Of(
        Tile tile, ReadOnlySpan<byte> hashes, ReadOnlySpan<byte> computed, long? firstEntry = null)
    {
        if (hashes.SequenceEqual(computed)) return null;
        if (hashes.Length != computed.Length)
            return new LogDivergence(tile.Path, $"{hashes.Length} bytes or more", $"{computed.Length} bytes");
        var at = hashes.CommonPrefixLength(computed) / TreeHash.Size;
        var entry = firstEntry is { } first ? $" (of entry {first + at})" : "";
        return new LogDivergence($"{tile.Path}, hash {at}{entry}", Text(hashes, at), Text(computed, at));
    }

    private static string Text(ReadOnlySpan<byte> hashes, int at) =>
        TreeHash.Of(hashes.Slice(at * TreeHash.Size, TreeHash.Size)).ToString();
}
