namespace Writ.Tlog;

/// <summary>
/// Makes the tiles of a tree while its leaves come, in constant memory: each full tile is handed out when its last hash
/// is there; the partial ones of the right edge can be asked for at any size.
/// </summary>
/// <param name="full">Told each full tile with its hashes, one after the other; the memory is used again.</param>
public sealed class TileBuilder(Action<Tile, ReadOnlyMemory<byte>> full)
{
    private readonly List<Edge> _edges = [];

    /// <summary>The tree so far.</summary>
    public TreeFrontier Tree { get; private set; } = new();

    /// <summary>One that goes on where a tree ended.</summary>
    /// <param name="tree">The tree's frontier.</param>
    /// <param name="partial">Reads the partial tiles of its right edge.</param>
    /// <param name="full">See the constructor.</param>
    /// <exception cref="FormatException">A tile has more or fewer hashes than its width.</exception>
    public static TileBuilder Continue(
        TreeFrontier tree, Func<Tile, ReadOnlyMemory<byte>> partial, Action<Tile, ReadOnlyMemory<byte>> full)
    {
        var builder = new TileBuilder(full) { Tree = tree.Copy() };
        for (var level = 0; tree.Size >> (level * Tile.Height) > 0; level++)
        {
            var hashes = tree.Size >> (level * Tile.Height);
            var edge = new Edge { Index = hashes / Tile.FullWidth };
            builder._edges.Add(edge);
            if (Tile.In(tree.Size, level, edge.Index) is not { } tile) continue;
            var bytes = partial(tile);
            if (bytes.Length != tile.Width * TreeHash.Size) throw new FormatException($"{tile.Path} is cut.");
            bytes.CopyTo(edge.Hashes);
            edge.Width = tile.Width;
        }
        return builder;
    }

    /// <summary>Adds the hash of a leaf.</summary>
    public void Append(in TreeHash leaf) => Tree.Append(leaf, (level, hash) =>
    {
        if (level % Tile.Height == 0) Add(level / Tile.Height, hash);
    });

    /// <summary>The partial tiles of the right edge, lowest level first, with their hashes.</summary>
    public IEnumerable<(Tile Tile, ReadOnlyMemory<byte> Hashes)> Partial()
    {
        for (var level = 0; level < _edges.Count; level++)
            if (_edges[level] is { Width: > 0 } edge)
                yield return (new Tile(level, edge.Index, edge.Width),
                    edge.Hashes.AsMemory(0, edge.Width * TreeHash.Size));
    }

    private void Add(int level, in TreeHash hash)
    {
        if (level == _edges.Count) _edges.Add(new Edge());
        var edge = _edges[level];
        hash.CopyTo(edge.Hashes.AsSpan(edge.Width * TreeHash.Size));
        if (++edge.Width < Tile.FullWidth) return;
        full(new Tile(level, edge.Index, Tile.FullWidth), edge.Hashes);
        (edge.Width, edge.Index) = (0, edge.Index + 1);
    }

    /// <summary>The tile of a level that is not full yet.</summary>
    private sealed class Edge
    {
        public byte[] Hashes { get; } = new byte[Tile.FullWidth * TreeHash.Size];

        public int Width { get; set; }

        public long Index { get; set; }
    }
}
