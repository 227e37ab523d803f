using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Writ.Tlog;

/// <summary>
/// The memory in which one bundle of entries is hashed and held against its tile: used again and again, by one thread
/// at a time, so that a leaf costs no allocation.
/// </summary>
internal sealed class BundleWork
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;
    private const int NodeBytes = 1 + TreeHash.Size + TreeHash.Size;

    private readonly ArrayBufferWriter<byte> _entries = new(1 << 17);
    private readonly ArrayBufferWriter<byte> _tile = new(Tile.FullWidth * TreeHash.Size + 1);
    private readonly byte[] _leaves = new byte[Tile.FullWidth * TreeHash.Size];
    private readonly byte[] _fold = new byte[Tile.FullWidth * TreeHash.Size];

    /// <summary>What is wrong with it; null: nothing.</summary>
    public LogDivergence? Fault { get; private set; }

    /// <summary>Which one it is.</summary>
    public Tile Tile { get; private set; }

    /// <summary>The root of its tile, where that is full.</summary>
    public TreeHash Root { get; private set; }

    /// <summary>The index of its first entry.</summary>
    public long Start => Tile.Index * Tile.FullWidth;

    public TreeHash Leaf(int at) => TreeHash.Of(_leaves.AsSpan(at * TreeHash.Size, TreeHash.Size));

    /// <summary>Reads a bundle and its tile, and hashes.</summary>
    public async Task<BundleWork> DoAsync(
        Tile tile, LogSource source, EntriesCheck? check, CancellationToken cancel)
    {
        (Tile, Fault, Root) = (tile, null, default);
        if (await ReadAsync(source, tile.EntriesPath, EntryBundle.MaxBytes, _entries, cancel) is not { } isWhole)
            Fault = new LogDivergence(tile.EntriesPath, "nothing", $"{tile.Width} entries");
        else if (await ReadAsync(source, tile.Path, tile.Width * TreeHash.Size, _tile, cancel) is not { } isWholeTile)
            Fault = new LogDivergence(tile.Path, "nothing", $"{tile.Width} hashes");
        else
            Fault = Hash(isWhole) ?? Compare(isWholeTile);
        if (Fault is null && check is not null)
            Fault = await check(Start, tile, _entries.WrittenMemory, cancel);
        if (Fault is null && tile.IsFull) Root = Fold();
        return this;
    }

    /// <summary>Reads a resource, or the full one that took its place; null: neither is there.</summary>
    /// <returns>Whether it may have more than was asked for.</returns>
    private async ValueTask<bool?> ReadAsync(
        LogSource source, string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel)
    {
        into.ResetWrittenCount();
        if (await source(path, most, into, cancel)) return false;
        if (Tile.IsFull) return null;
        into.ResetWrittenCount();
        var full = path[..path.LastIndexOf(".p/", StringComparison.Ordinal)];
        return await source(full, Math.Max(most, Tile.FullWidth * TreeHash.Size), into, cancel) ? true : null;
    }

    // The byte before an entry becomes the prefix of its leaf for as long as it is hashed: nothing is copied.
    private LogDivergence? Hash(bool mayHaveMore)
    {
        var bundle = MemoryMarshal.AsMemory(_entries.WrittenMemory).Span;
        var at = 0;
        for (var i = 0; i < Tile.Width; i++)
        {
            var length = bundle.Length - at < 2 ? -1 : BinaryPrimitives.ReadUInt16BigEndian(bundle[at..]);
            if (length < 0 || bundle.Length - at - 2 < length)
                return new LogDivergence(Tile.EntriesPath, $"{i} whole entries", $"{Tile.Width} entries");
            ref var prefix = ref bundle[at + 1];
            var kept = prefix;
            prefix = LeafPrefix;
            Sha256.Hash(bundle.Slice(at + 1, 1 + length), _leaves.AsSpan(i * TreeHash.Size, TreeHash.Size));
            prefix = kept;
            at += 2 + length;
        }
        return at == bundle.Length || mayHaveMore
            ? null
            : new LogDivergence(
                Tile.EntriesPath, $"{bundle.Length} bytes or more", $"{at} bytes with {Tile.Width} entries");
    }

    private LogDivergence? Compare(bool mayHaveMore)
    {
        var hashes = _tile.WrittenSpan;
        var computed = _leaves.AsSpan(0, Tile.Width * TreeHash.Size);
        if (mayHaveMore && hashes.Length > computed.Length) hashes = hashes[..computed.Length];
        return LogDivergence.Of(Tile, hashes, computed, Start);
    }

    private TreeHash Fold()
    {
        Span<byte> node = stackalloc byte[NodeBytes];
        node[0] = NodePrefix;
        var from = _leaves;
        for (var count = Tile.FullWidth / 2; count > 0; count /= 2, from = _fold)
        {
            for (var i = 0; i < count; i++)
            {
                from.AsSpan(i * 2 * TreeHash.Size, 2 * TreeHash.Size).CopyTo(node[1..]);
                Sha256.Hash(node, _fold.AsSpan(i * TreeHash.Size, TreeHash.Size));
            }
        }
        return TreeHash.Of(_fold.AsSpan(0, TreeHash.Size));
    }
}
