using System.Data;

namespace Writ.Server.Storage;

/// <summary>
/// The trees over the records: their keys, their tiles and the checkpoints that were published of them. A tree grows
/// only from the size that its writer knew, a checkpoint is published only behind the one that its writer knew, and
/// both only of the last tree: whoever is late changes nothing.
/// </summary>
public sealed class LogStore(Database database)
{
    private const string Newest = "SELECT * FROM log_tree ORDER BY n DESC LIMIT 1";

    private const string Head = """
        SELECT l.n, l.origin, l.base, l.verifier, c.size, c.at, c.note, c.witnessed
        FROM log_tree l JOIN log_checkpoint c ON c.n = l.n
        """;

    /// <summary>The tree that grows; null: none was begun yet.</summary>
    public Task<LogRow?> CurrentAsync(CancellationToken cancel = default) =>
        database.FirstAsync<LogRow>(Newest, null, cancel);

    public static Task<LogRow?> CurrentAsync(StoreTransaction tx) => tx.FirstAsync<LogRow>(Newest);

    /// <summary>A tree by its number; null: the one that grows.</summary>
    public Task<LogRow?> FindAsync(long? n, CancellationToken cancel = default) => n is null
        ? CurrentAsync(cancel)
        : database.FirstAsync<LogRow>("SELECT * FROM log_tree WHERE n = @n", new { n }, cancel);

    /// <summary>Whether an origin is that of a tree before another.</summary>
    public async Task<bool> IsBeforeAsync(string origin, long n, CancellationToken cancel = default) =>
        await database.FirstAsync<long>(
            "SELECT COUNT(*) FROM log_tree WHERE origin = @origin AND n < @n", new { origin, n }, cancel) > 0;

    /// <summary>The last checkpoint of a tree, or of the one that grows; null: there is none.</summary>
    public Task<LogHeadRow?> HeadAsync(long? n, CancellationToken cancel = default) =>
        database.FirstAsync<LogHeadRow>($"""
            {Head} WHERE l.n = {(n is null ? "(SELECT MAX(n) FROM log_tree)" : "@n")} ORDER BY c.size DESC LIMIT 1
            """, new { n }, cancel);

    /// <summary>The last checkpoint of the tree that holds, or will hold, a record.</summary>
    public Task<LogHeadRow?> HeadOfAsync(long record, CancellationToken cancel = default) =>
        database.FirstAsync<LogHeadRow>($"""
            {Head} WHERE l.n = (SELECT MAX(n) FROM log_tree WHERE base <= @record) ORDER BY c.size DESC LIMIT 1
            """, new { record }, cancel);

    /// <summary>The checkpoints of a tree above a size, in their order.</summary>
    public Task<IReadOnlyList<LogHeadRow>> HistoryAsync(
        long n, long after, int most, CancellationToken cancel = default) =>
        database.QueryAsync<LogHeadRow>(
            $"{Head} WHERE l.n = @n AND c.size > @after ORDER BY c.size LIMIT @most", new { n, after, most }, cancel);

    /// <summary>The hashes of a tile, as many as are stored; null: none.</summary>
    public Task<byte[]?> TileAsync(long n, int level, long index, CancellationToken cancel = default) =>
        database.FirstAsync<byte[]>(
            "SELECT hashes FROM log_tile WHERE n = @n AND level = @level AND idx = @index", new { n, level, index },
            cancel);

    /// <summary>Shows the leaves' bytes from one record up to, and without, another, one at a time. Answers how far it
    /// came: a record that is missing ends it.</summary>
    public async Task<long> EachAsync(
        long from, long to, Action<ReadOnlyMemory<byte>> show, CancellationToken cancel = default)
    {
        await using var connection = await database.OpenAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT idx, body FROM record WHERE idx >= @from AND idx < @to ORDER BY idx";
        foreach (var (name, value) in ((string, long)[])[("from", from), ("to", to)])
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.DbType, parameter.Value) = (name, DbType.Int64, value);
            command.Parameters.Add(parameter);
        }
        await using var rows = await command.ExecuteReaderAsync(CommandBehavior.SequentialAccess, cancel);
        var next = from;
        for (; await rows.ReadAsync(cancel) && rows.GetInt64(0) == next; next++) show(rows.GetFieldValue<byte[]>(1));
        return next;
    }

    public static Task<int> BeginAsync(StoreTransaction tx, LogRow row) => tx.ExecuteAsync("""
        INSERT INTO log_tree (n, origin, base, verifier, wrapped, began_at, size, root)
        VALUES (@N, @Origin, @Base, @Verifier, @Wrapped, @BeganAt, @Size, @Root)
        """, row);

    /// <summary>The tree grows from one size to another. False: it is not of that size, or not the last one, and
    /// nothing was written.</summary>
    public static async Task<bool> GrowAsync(StoreTransaction tx, LogGrowth growth)
    {
        var grown = await tx.ExecuteAsync("""
            UPDATE log_tree SET size = @Size, root = @Root
            WHERE n = @N AND size = @Before AND stopped IS NULL AND NOT EXISTS (SELECT 1 FROM log_tree l WHERE l.n > @N)
            """, growth);
        if (grown != 1) return false;
        await tx.ExecuteAsync("""
            INSERT INTO log_tile (n, level, idx, hashes) VALUES (@N, @Level, @Index, @Hashes)
            ON CONFLICT (n, level, idx) DO UPDATE SET hashes = excluded.hashes
            """, growth.Tiles.Select(t => new { growth.N, t.Level, t.Index, t.Hashes }));
        return true;
    }

    /// <summary>A checkpoint is published behind another (0: the first). False: that is not the last one, the tree is
    /// not as large yet, or not the last tree, and nothing was written.</summary>
    public static async Task<bool> PublishAsync(StoreTransaction tx, LogCheckpointRow row, long before) =>
        await tx.ExecuteAsync("""
            INSERT INTO log_checkpoint (n, size, at, note)
            SELECT l.n, @Size, @At, @Note FROM log_tree l
            WHERE l.n = @N AND l.size >= @Size AND @Size > @before AND l.stopped IS NULL
              AND l.n = (SELECT MAX(n) FROM log_tree)
              AND COALESCE((SELECT MAX(c.size) FROM log_checkpoint c WHERE c.n = @N), 0) = @before
            """, new { row.N, row.Size, row.At, row.Note, before }) == 1;

    /// <summary>Nobody grows or publishes that tree any more, on whichever replica: a restore begins another one.
    /// </summary>
    public static Task<int> StopAsync(StoreTransaction tx, long n, string why) => tx.ExecuteAsync(
        "UPDATE log_tree SET stopped = @why WHERE n = @n AND stopped IS NULL", new { n, why });

    /// <summary>A witness's cosignature of a checkpoint; false: it was there already.</summary>
    /// <param name="tx">The transaction.</param>
    /// <param name="n">The tree.</param>
    /// <param name="size">Of which size.</param>
    /// <param name="line">The signature's line, with its newline.</param>
    public static async Task<bool> WitnessAsync(StoreTransaction tx, long n, long size, string line) =>
        await tx.ExecuteAsync("""
            UPDATE log_checkpoint SET witnessed = COALESCE(witnessed, '') || @line
            WHERE n = @n AND size = @size
              AND (witnessed IS NULL OR REPLACE(witnessed, @line, '') = witnessed)
            """, new { n, size, line }) == 1;
}

/// <summary>A tree over the records from <see cref="Base"/> on: leaf i is of record Base + i.</summary>
public sealed record LogRow
{
    /// <summary>1, and one more with each restore.</summary>
    public required long N { get; init; }
    public required string Origin { get; init; }
    public required long Base { get; init; }
    /// <summary>The key that verifies its checkpoints, as a line.</summary>
    public required string Verifier { get; init; }
    /// <summary>The seed of the key that signs, wrapped.</summary>
    public required byte[] Wrapped { get; init; }
    public required long BeganAt { get; init; }
    /// <summary>How many leaves the stored tiles have.</summary>
    public long Size { get; init; }
    public required byte[] Root { get; init; }
    /// <summary>Why nothing of it is signed any more; null: it is.</summary>
    public string? Stopped { get; init; }
}

/// <summary>Hashes of one tile, all that it has so far.</summary>
public sealed record LogTile(int Level, long Index, byte[] Hashes);

/// <summary>What a tree becomes in one step.</summary>
public sealed record LogGrowth(long N, long Before, long Size, byte[] Root, IReadOnlyList<LogTile> Tiles);

/// <summary>A signed checkpoint.</summary>
public sealed record LogCheckpointRow(long N, long Size, long At, string Note);

/// <summary>A tree as it was published.</summary>
public sealed record LogHeadRow
{
    public required long N { get; init; }
    public required string Origin { get; init; }
    public required long Base { get; init; }
    public required string Verifier { get; init; }
    public required long Size { get; init; }
    public required long At { get; init; }
    public required string Note { get; init; }
    /// <summary>Lines of witnesses' cosignatures, each with its newline; null: none.</summary>
    public string? Witnessed { get; init; }

    /// <summary>The note with all its signatures.</summary>
    public string Whole => Note + Witnessed;
}
