using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// The tree in the hands of the one replica that grows it. What it knows is what the store holds, until a step fails:
/// then nobody knows, and it is dropped and read anew (<see cref="LogTakeover"/>).
/// </summary>
internal sealed class OpenLog(LogRow row, NoteSigner signer, LogTiles tiles, Checkpoint published) : IDisposable
{
    public string Origin => row.Origin;

    public long Number => row.N;

    public NoteSigner Signer => signer;

    /// <summary>Hashed and stored.</summary>
    public long Size => tiles.Tree.Size;

    /// <summary>The record of the next leaf.</summary>
    public long Next => row.Base + Size;

    /// <summary>What a checkpoint would say now.</summary>
    public Checkpoint Head => new(row.Origin, Size, tiles.Tree.Root);

    /// <summary>What the last checkpoint says; of size 0 before the first.</summary>
    public Checkpoint Published { get; set; } = published;

    /// <summary>Adds leaves up to, and without, a record, and says what is to be stored of it.</summary>
    public async Task<LogGrowth> HashAsync(LogStore store, long to, CancellationToken cancel)
    {
        var before = Size;
        var from = Next;
        var reached = await store.EachAsync(
            from, to, core => tiles.Append(TreeHash.OfLeaf(LogLeaf.Of(core).Span)), cancel);
        if (reached != to)
            throw new LogBrokenException("records_missing", $"Record {reached} is missing below the log's head.");
        return new LogGrowth(row.N, before, Size, tiles.Tree.Root.ToArray(), tiles.Take());
    }

    public void Dispose() => signer.Dispose();
}

/// <summary>The tiles of a growing tree that are not stored yet.</summary>
internal sealed class LogTiles
{
    private readonly List<LogTile> _full = [];
    private readonly TileBuilder _builder;

    /// <summary>Goes on where the stored tree ends.</summary>
    public LogTiles(TreeFrontier tree, Func<Tile, ReadOnlyMemory<byte>> partial) =>
        _builder = TileBuilder.Continue(tree, partial, (tile, hashes) => _full.Add(Row(tile, hashes)));

    public TreeFrontier Tree => _builder.Tree;

    public void Append(in TreeHash leaf) => _builder.Append(leaf);

    /// <summary>The full tiles since the last call, and the right edge as it is now.</summary>
    public IReadOnlyList<LogTile> Take()
    {
        LogTile[] all = [.. _full, .. _builder.Partial().Select(edge => Row(edge.Tile, edge.Hashes))];
        _full.Clear();
        return all;
    }

    private static LogTile Row(Tile tile, ReadOnlyMemory<byte> hashes) => new(tile.Level, tile.Index, hashes.ToArray());
}
