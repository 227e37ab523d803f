namespace Writ.Tlog;

/// <summary>
/// Hashes and proofs of a tree, out of its tiles. What comes of it is no more to be trusted than the tiles are:
/// proofs are verified against a signed root.
/// </summary>
/// <param name="size">The size of the tree that the tiles are of.</param>
/// <param name="read">Reads a tile of that tree: its hashes, or those of a wider tile of the same place.</param>
public sealed class TileReader(long size, Func<Tile, CancellationToken, ValueTask<ReadOnlyMemory<byte>>> read)
{
    private readonly Dictionary<(int, long), ReadOnlyMemory<byte>> _known = [];

    /// <summary>The root of the tree.</summary>
    public Task<TreeHash> RootAsync(CancellationToken cancel = default) =>
        size == 0 ? Task.FromResult(TreeHash.Empty) : HashAsync(new Subtree(0, size), cancel);

    /// <summary>The path of an inclusion proof, see <see cref="InclusionProof"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    /// <exception cref="FormatException">A tile is cut.</exception>
    public Task<TreeHash[]> InclusionAsync(long index, CancellationToken cancel = default) =>
        AllAsync(InclusionProof.Path(index, size), cancel);

    /// <summary>The consistency proof from a smaller tree, see <see cref="ConsistencyProof"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The first tree is larger.</exception>
    /// <exception cref="FormatException">A tile is cut.</exception>
    public Task<TreeHash[]> ConsistencyAsync(long first, CancellationToken cancel = default) =>
        AllAsync(ConsistencyProof.Path(first, size), cancel);

    /// <summary>The tree's frontier, to go on from.</summary>
    /// <exception cref="FormatException">A tile is cut.</exception>
    public async Task<TreeFrontier> FrontierAsync(CancellationToken cancel = default)
    {
        var roots = new List<TreeHash>();
        var start = 0L;
        for (var bit = 62; bit >= 0; bit--)
        {
            if ((size >> bit & 1) == 0) continue;
            roots.Add(await HashAsync(new Subtree(start, start + (1L << bit)), cancel));
            start += 1L << bit;
        }
        return new TreeFrontier(size, [.. roots]);
    }

    private async Task<TreeHash[]> AllAsync(IReadOnlyList<Subtree> subtrees, CancellationToken cancel)
    {
        var hashes = new TreeHash[subtrees.Count];
        for (var i = 0; i < hashes.Length; i++) hashes[i] = await HashAsync(subtrees[i], cancel);
        return hashes;
    }

    private async Task<TreeHash> HashAsync(Subtree subtree, CancellationToken cancel)
    {
        if (!subtree.IsPerfect)
        {
            var (left, right) = subtree.Halves;
            return TreeHash.OfNode(await HashAsync(left, cancel), await HashAsync(right, cancel));
        }
        // A perfect subtree starts at a multiple of its size; its hashes of the tile level below lie in one tile.
        var level = subtree.Level / Tile.Height;
        var first = subtree.Start >> (level * Tile.Height);
        var count = 1 << (subtree.Level % Tile.Height);
        var tile = await TileAsync(level, first / Tile.FullWidth, cancel);
        var at = (int)(first % Tile.FullWidth) * TreeHash.Size;
        return Fold(tile.Span.Slice(at, count * TreeHash.Size));
    }

    private async ValueTask<ReadOnlyMemory<byte>> TileAsync(int level, long index, CancellationToken cancel)
    {
        if (_known.TryGetValue((level, index), out var known)) return known;
        var tile = Tile.In(size, level, index)
            ?? throw new FormatException($"A tree of {size} leaves has no tile {level}/{index}.");
        var hashes = await read(tile, cancel);
        if (hashes.Length < tile.Width * TreeHash.Size || hashes.Length % TreeHash.Size != 0)
            throw new FormatException($"{tile.Path} is cut.");
        _known[(level, index)] = hashes;
        return hashes;
    }

    private static TreeHash Fold(ReadOnlySpan<byte> hashes)
    {
        if (hashes.Length == TreeHash.Size) return TreeHash.Of(hashes);
        var half = hashes.Length / 2;
        return TreeHash.OfNode(Fold(hashes[..half]), Fold(hashes[half..]));
    }
}
