using System.Buffers;
using System.Collections.Concurrent;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Transparency;

/// <summary>
/// The trees as they were published, for readers: any replica serves them, out of the store. What lies beyond the last
/// checkpoint is shown to nobody. Full tiles, which never change, are kept in memory, a bounded number of them.
/// </summary>
public sealed class PublishedLog(LogStore store)
{
    private const int MostTiles = 512; // of 8 KiB
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(long, int, long), ReadOnlyMemory<byte>> _full = new();
    private readonly ConcurrentQueue<(long, int, long)> _order = new(); // of what is kept, the oldest first
    private volatile Seen? _seen; // the tree that grows, as it was a moment ago

    public LogStore Store => store;

    /// <summary>The last checkpoint of a tree; null, of the one that grows.</summary>
    public async Task<LogHeadRow?> HeadAsync(long? number, CancellationToken cancel)
    {
        var head = await store.HeadAsync(number, cancel);
        if (number is null && head is not null) _seen = new Seen(head.N, TimeProvider.System.GetTimestamp());
        return head;
    }

    /// <summary>The hashes of a tile, as wide as asked; null: the published tree has none such.</summary>
    public async Task<ReadOnlyMemory<byte>?> TileAsync(long? number, Tile tile, CancellationToken cancel)
    {
        // What lay within a checkpoint once lies within all later ones.
        if (number is null && tile.IsFull && _seen is { } seen
            && TimeProvider.System.GetElapsedTime(seen.At) < Moment
            && _full.TryGetValue((seen.N, tile.Level, tile.Index), out var known)) return known;
        if (await HeadAsync(number, cancel) is not { } head) return null;
        if (Tile.In(head.Size, tile.Level, tile.Index) is not { } there || there.Width < tile.Width) return null;
        return await ReadAsync(head.N, tile, cancel);
    }

    /// <summary>The entries of a tile of level 0, as tlog-tiles bundles them; null as above.</summary>
    public async Task<ReadOnlyMemory<byte>?> EntriesAsync(long? number, Tile tile, CancellationToken cancel)
    {
        if (await HeadAsync(number, cancel) is not { } head) return null;
        if (Tile.In(head.Size, 0, tile.Index) is not { } there || there.Width < tile.Width) return null;
        var bundle = new ArrayBufferWriter<byte>(Tile.FullWidth * 512);
        var from = head.Base + (tile.Index * Tile.FullWidth);
        var reached = await store.EachAsync(
            from, from + tile.Width, core => EntryBundle.Add(bundle, LogLeaf.Of(core).Span), cancel);
        return reached == from + tile.Width ? bundle.WrittenMemory : null;
    }

    /// <summary>Hashes and proofs of a published tree, or of what it was at a smaller size.</summary>
    public TileReader Tree(LogHeadRow head, long size) =>
        new(size, async (tile, cancel) => await ReadAsync(head.N, tile, cancel));

    /// <summary>That a leaf is in the published tree.</summary>
    public async Task<LogProof> ProveAsync(LogHeadRow head, long leaf, CancellationToken cancel)
    {
        var path = await Tree(head, head.Size).InclusionAsync(leaf, cancel);
        return SignedNote.TryParse(head.Whole, out var note)
            ? new LogProof(leaf, path, note)
            : throw new FormatException($"The checkpoint of size {head.Size} is no note.");
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(long n, Tile tile, CancellationToken cancel)
    {
        if (tile.IsFull && _full.TryGetValue((n, tile.Level, tile.Index), out var known)) return known;
        var hashes = await store.TileAsync(n, tile.Level, tile.Index, cancel);
        var bytes = tile.Width * TreeHash.Size;
        if (hashes is null || hashes.Length < bytes) throw new FormatException($"{tile.Path} is missing or cut.");
        var wanted = hashes.AsMemory(0, bytes);
        if (!tile.IsFull) return wanted;
        if (_full.TryAdd((n, tile.Level, tile.Index), wanted)) _order.Enqueue((n, tile.Level, tile.Index));
        while (_full.Count > MostTiles && _order.TryDequeue(out var oldest)) _full.TryRemove(oldest, out _);
        return wanted;
    }

    private sealed record Seen(long N, long At);
}
