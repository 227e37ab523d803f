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
        Tile tile, ReadOnlySpan<byte> stands, ReadOnlySpan<byte> computed, long? firstEntry = null)
    {
        if (stands.SequenceEqual(computed)) return null;
        if (stands.Length != computed.Length)
            return new LogDivergence(tile.Path, $"{stands.Length} bytes or more", $"{computed.Length} bytes");
        var at = stands.CommonPrefixLength(computed) / TreeHash.Size;
        var entry = firstEntry is { } first ? $" (of entry {first + at})" : "";
        return new LogDivergence($"{tile.Path}, hash {at}{entry}", Text(stands, at), Text(computed, at));
    }

    private static string Text(ReadOnlySpan<byte> stands, int at) =>
        TreeHash.Of(stands.Slice(at * TreeHash.Size, TreeHash.Size)).ToString();
}
