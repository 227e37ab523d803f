using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// What a replica does before it grows the tree: reads it from its stored tiles and holds it against everything that
/// was said of it. Nothing that another replica, another start or a failed step left is believed.
/// </summary>
/// <param name="store">The trees.</param>
/// <param name="encryption">Opens the key that signs.</param>
/// <param name="anchor">What this host knows of what was published.</param>
/// <param name="atLeast">What the operator knows of it; null: nothing.</param>
public sealed class LogTakeover(LogStore store, KeyEncryption encryption, LogAnchor anchor, LogFloor? atLeast)
{
    internal async Task<OpenLog> OpenAsync(LogRow row, long head, CancellationToken cancel)
    {
        try
        {
            if (row.Base + row.Size > head)
                throw new LogBrokenException(
                    "records_missing", $"The tree has {row.Size} leaves, more than there are records.");
            var frontier = await Reader(row.N, row.Size).FrontierAsync(cancel);
            if (!frontier.Root.ToArray().AsSpan().SequenceEqual(row.Root))
                throw Damaged($"The stored tiles of size {row.Size} have another root than was stored with them.");
            await HoldAgainstRecordsAsync(row, cancel);
            await HoldAgainstHostAsync(row, cancel);
            var signer = Signer(row);
            try
            {
                var published = await PublishedAsync(row, signer.Key, cancel);
                return new OpenLog(row, signer, await TilesAsync(row.N, frontier, cancel), published);
            }
            catch
            {
                signer.Dispose();
                throw;
            }
        }
        catch (FormatException e)
        {
            throw Damaged(e.Message);
        }
    }

    /// <summary>Holds the stored tree against what this host and its operator know was published. Any replica may ask,
    /// at any time.</summary>
    public async Task HoldAgainstHostAsync(LogRow row, CancellationToken cancel = default)
    {
        try
        {
            // A restore that was announced began another tree, behind the one that this host knew. Only our own key
            // makes one, and no clock is asked.
            if (anchor.Read() is { } known && !await store.IsBeforeAsync(known.Origin, row.N, cancel))
                await HoldAsync(row, known.Origin, known.Size, known.Root, "This host", cancel);
            if (atLeast is { } floor) await HoldAsync(row, row.Origin, floor.Size, floor.Root, "The setting", cancel);
        }
        catch (FormatException e)
        {
            throw Damaged(e.Message);
        }
    }

    /// <summary>Whether a checkpoint is of a tree that began with another one, by the tiles as they are stored: what is
    /// about to be published is proven out of what was stored, not out of memory.</summary>
    internal async Task ProveAsync(long n, Checkpoint before, Checkpoint next, CancellationToken cancel)
    {
        try
        {
            var reader = Reader(n, next.Size);
            var root = await reader.RootAsync(cancel);
            if (root != next.Root) throw Damaged($"The stored tiles of size {next.Size} do not have its root.");
            if (before.Size == 0) return;
            var proof = await reader.ConsistencyAsync(before.Size, cancel);
            if (!ConsistencyProof.Verify(before.Size, next.Size, proof, before.Root, next.Root))
                throw Damaged($"The tree of size {next.Size} does not begin with that of size {before.Size}.");
        }
        catch (FormatException e)
        {
            throw Damaged(e.Message);
        }
    }

    private async Task HoldAsync(
        LogRow row, string origin, long size, TreeHash root, string who, CancellationToken cancel)
    {
        if (origin == row.Origin && size <= row.Size)
        {
            if (await RootAsync(row.N, size, cancel) == root) return;
            // Before it is called another's history: is it whole in itself?
            if (!(await RootAsync(row.N, row.Size, cancel)).ToArray().AsSpan().SequenceEqual(row.Root))
                throw Damaged($"The stored tiles of size {row.Size} have another root than was stored with them.");
        }
        throw new LogBrokenException(
            "older_than_published",
            $"{who} knows a checkpoint of {origin} with {size} leaves that this store, with {row.Size} of "
            + $"{row.Origin}, does not: it is older, or another. Restore it: writ server restore.");
    }

    /// <summary>What a stored checkpoint says; null: it is not as it was signed.</summary>
    internal static Checkpoint? Read(LogHeadRow head, VerifierKey key) =>
        SignedNote.TryParse(head.Note, out var note) && note.Verify([key]).Count > 0
        && Checkpoint.TryParse(note.Text, out var checkpoint) && checkpoint.Origin == head.Origin
        && checkpoint.Size == head.Size ? checkpoint : null;

    /// <summary>The last checkpoint, signed by our key and of the tree that is stored.</summary>
    private async Task<Checkpoint> PublishedAsync(LogRow row, VerifierKey key, CancellationToken cancel)
    {
        if (await store.HeadAsync(row.N, cancel) is not { } head)
            return new Checkpoint(row.Origin, 0, TreeHash.Empty);
        if (Read(head, key) is not { } checkpoint)
            throw Damaged($"The checkpoint of size {head.Size} is not as it was signed.");
        if (checkpoint.Size > row.Size || await RootAsync(row.N, checkpoint.Size, cancel) != checkpoint.Root)
            throw Damaged($"The stored tree does not have the root of the checkpoint of size {checkpoint.Size}.");
        return checkpoint;
    }

    /// <summary>The leaves of the last tile are those of the records: two hands wrote them.</summary>
    private async Task HoldAgainstRecordsAsync(LogRow row, CancellationToken cancel)
    {
        if (row.Size == 0) return;
        var index = (row.Size - 1) / Tile.FullWidth;
        var hashes = await TileAsync(row.N, Tile.In(row.Size, 0, index)!.Value, cancel);
        var (from, to) = (row.Base + (index * Tile.FullWidth), row.Base + row.Size);
        var at = 0;
        var differs = -1;
        var reached = await store.EachAsync(from, to, core =>
        {
            var stored = TreeHash.Of(hashes.Span.Slice(at * TreeHash.Size, TreeHash.Size));
            if (TreeHash.OfLeaf(LogLeaf.Of(core).Span) != stored && differs < 0) differs = at;
            at++;
        }, cancel);
        if (reached != to) throw new LogBrokenException("records_missing", $"Record {reached} is missing.");
        if (differs >= 0) throw Damaged($"Record {from + differs} is not what was hashed into the tree.");
    }

    private async Task<LogTiles> TilesAsync(long n, TreeFrontier tree, CancellationToken cancel)
    {
        var edge = new Dictionary<int, ReadOnlyMemory<byte>>();
        for (var level = 0; tree.Size >> (level * Tile.Height) > 0; level++)
        {
            var index = (tree.Size >> (level * Tile.Height)) / Tile.FullWidth;
            if (Tile.In(tree.Size, level, index) is { } tile)
                edge[level] = (await TileAsync(n, tile, cancel))[..(tile.Width * TreeHash.Size)];
        }
        return new LogTiles(tree, tile => edge[tile.Level]);
    }

    private NoteSigner Signer(LogRow row)
    {
        var seed = encryption.Unwrap(row.Wrapped, LogBeginning.WrapPurpose(row.Origin));
        var signer = NoteSigner.OfSeed(row.Origin, seed);
        System.Security.Cryptography.CryptographicOperations.ZeroMemory(seed);
        if (signer.Key.ToString() == row.Verifier) return signer;
        signer.Dispose();
        throw Damaged("The log's key is not the one that was published with it.");
    }

    private Task<TreeHash> RootAsync(long n, long size, CancellationToken cancel) => Reader(n, size).RootAsync(cancel);

    private TileReader Reader(long n, long size) => new(size, async (tile, cancel) => await TileAsync(n, tile, cancel));

    private async Task<ReadOnlyMemory<byte>> TileAsync(long n, Tile tile, CancellationToken cancel)
    {
        var hashes = await store.TileAsync(n, tile.Level, tile.Index, cancel);
        return hashes?.Length >= tile.Width * TreeHash.Size
            ? hashes
            : throw new FormatException($"{tile.Path} is missing or cut.");
    }

    /// <summary>This host knows a log, and the store has none.</summary>
    internal static LogBrokenException NoLog => new(
        "older_than_published",
        "This host knows a log that this store does not have. Restore it: writ server restore.");

    private static LogBrokenException Damaged(string why) => new("tree_damaged", why);
}
