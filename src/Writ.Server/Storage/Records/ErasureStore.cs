namespace Writ.Server.Storage;

/// <summary>
/// Erasing details of records, and what was copied from them; and what people asked to be erased. Rows and SQL.
/// </summary>
public sealed class ErasureStore(Database database)
{
    private const string RetentionReader = "retention ";

    public Task<ErasureRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<ErasureRow>("SELECT * FROM erasure WHERE id = @id", new { id }, cancel);

    /// <summary>What is not done yet, the oldest first.</summary>
    public Task<IReadOnlyList<ErasureRow>> OpenAsync(long now, CancellationToken cancel = default) =>
        database.QueryAsync<ErasureRow>(
            "SELECT * FROM erasure WHERE done_at IS NULL AND not_before <= @now ORDER BY id LIMIT 16", new { now },
            cancel);

    public static Task<int> InsertAsync(StoreTransaction tx, ErasureRow row) => tx.ExecuteAsync("""
        INSERT INTO erasure (id, by_whom, at, who, task, kind, from_at, to_at, next, head, erased, held, not_before)
        VALUES (@Id, @ByWhom, @At, @Who, @Task, @Kind, @FromAt, @ToAt, 0, @Head, 0, 0, 0)
        """, row);

    /// <summary>Moves it on. Once it is done it says no more whom it was about.</summary>
    internal static Task<int> MoveAsync(StoreTransaction tx, ErasureRow row) => tx.ExecuteAsync("""
        UPDATE erasure SET next = @Next, erased = @Erased, held = @Held, again = @Again, not_before = @NotBefore,
          done_at = @DoneAt, who = @Who
        WHERE id = @Id
        """, row.DoneAt is null ? row : row with { Who = null });

    /// <summary>Records with a detail, in order.</summary>
    /// <param name="from">The first index.</param>
    /// <param name="end">Before this one.</param>
    /// <param name="most">So many at the most.</param>
    /// <param name="cancel">Gives up.</param>
    public Task<IReadOnlyList<ErasableRow>> WindowAsync(
        long from, long end, int most, CancellationToken cancel = default) =>
        database.QueryAsync<ErasableRow>("""
            SELECT x.idx, x.at, x.kind, x.outcome, x.task, x.jti, x.expires_at, t.status AS task_status,
              t.deadline AS task_deadline, t.ancestors, t.on_behalf_of, r.body AS core, r.detail
            FROM record r JOIN record_index x ON x.idx = r.idx LEFT JOIN task t ON t.id = x.task
            WHERE r.idx >= @from AND r.idx < @end AND r.detail IS NOT NULL ORDER BY r.idx LIMIT @most
            """, new { from, end, most }, cancel);

    /// <summary>The first of these holds that covers something of a selection, as far as the index tells.</summary>
    public async Task<HoldRow?> HeldAsync(
        RecordSelection wanted, IEnumerable<HoldRow> holds, CancellationToken cancel = default)
    {
        foreach (var hold in holds)
        {
            var parameters = new Dapper.DynamicParameters();
            Add(parameters, "w", wanted);
            Add(parameters, "h", hold);
            if (await database.FirstAsync<long?>($"""
                SELECT x.idx FROM record_index x JOIN record r ON r.idx = x.idx LEFT JOIN task t ON t.id = x.task
                WHERE r.detail IS NOT NULL AND {wanted.Sql("w")} AND {hold.Sql("h")} LIMIT 1
                """, parameters, cancel) is not null) return hold;
        }
        return null;
    }

    /// <summary>Erases the details of these records and what was made from them. The indexes are numbers.</summary>
    /// <param name="tx">The transaction whose record says so.</param>
    /// <param name="bare">What the index has of them from now on.</param>
    /// <param name="tasks">Their tasks.</param>
    /// <param name="approvals">Ids and digests of approvals that they name.</param>
    internal static async Task EraseAsync(
        StoreTransaction tx, IReadOnlyList<RecordIndexRow> bare, IReadOnlyList<string> tasks,
        IReadOnlyList<string> approvals)
    {
        var places = string.Join(',', bare.Select(r => r.Idx));
        await tx.WipeAsync(async () =>
        {
            await tx.ExecuteAsync($"UPDATE record SET detail = NULL WHERE idx IN ({places})");
            await tx.ExecuteAsync($"DELETE FROM notice WHERE idx IN ({places})");
            await RecordBlocks.ReplaceAsync(tx, bare);
            await TasksAsync(tx, tasks);
            await ApprovalsAsync(tx, approvals);
        });
    }

    /// <summary>Tasks of which no record has a detail any more: until then they say on whose behalf those were.
    /// </summary>
    private static async Task TasksAsync(StoreTransaction tx, IReadOnlyList<string> tasks)
    {
        if (tasks.Count == 0) return;
        var (list, parameters) = ValueList.Of(tasks);
        parameters.Add("now", tx.Now);
        await tx.ExecuteAsync($"""
            UPDATE task SET on_behalf_of = NULL, purpose = '', end_reason = NULL, opened_by =
              CASE WHEN opened_by LIKE '%/operator/%' OR opened_by LIKE '%/user/%' THEN '' ELSE opened_by END
            WHERE id IN {list} AND NOT (status = 'open' AND deadline > @now) AND NOT EXISTS (
              SELECT 1 FROM record_index x JOIN record r ON r.idx = x.idx
              WHERE x.task = task.id AND r.detail IS NOT NULL)
            """, parameters);
    }

    /// <summary>Requests for an approval that nobody can use, nor counts among the noes of the last hour. A month after
    /// their end they go by themselves.</summary>
    private static async Task ApprovalsAsync(StoreTransaction tx, IReadOnlyList<string> named)
    {
        if (named.Count == 0) return;
        var (list, parameters) = ValueList.Of(named);
        parameters.Add("before", tx.Now - (3600L * 1_000_000));
        await tx.ExecuteAsync($$"""
            UPDATE approval SET requester = '', subject = '', shown = '{}', because = '', decided_by = NULL,
              decided_because = NULL, barred = '[]', acting = '[]'
            WHERE (id IN {{list}} OR digest IN {{list}}) AND (used_at IS NOT NULL OR expires_at <= @before)
            """, parameters);
    }

    /// <summary>Where retention stands by a rule of these rules.</summary>
    internal static string ReaderOf(string rules, string kind) => $"{RetentionReader}{rules} {kind}";

    /// <summary>Retention looks at everything once more: what it passed by may go now.</summary>
    internal static Task<int> BeginAgainAsync(StoreTransaction tx) =>
        tx.ExecuteAsync("DELETE FROM reader WHERE name LIKE @readers", new { readers = RetentionReader + "%" });

    private static void Add(Dapper.DynamicParameters parameters, string prefix, RecordSelection one)
    {
        parameters.Add(prefix + "Who", one.Who);
        parameters.Add(prefix + "Task", one.Task);
        parameters.Add(prefix + "Kind", one.Kind);
        parameters.Add(prefix + "FromAt", one.FromAt);
        parameters.Add(prefix + "ToAt", one.ToAt);
    }
}

/// <summary>What somebody asked to be erased, and how far that is.</summary>
public sealed record ErasureRow : RecordSelection
{
    public required string Id { get; init; }
    public required string ByWhom { get; init; }
    public required long At { get; init; }
    /// <summary>The next index to be looked at.</summary>
    public long Next { get; init; }
    /// <summary>All before this one is meant.</summary>
    public required long Head { get; init; }
    public long Erased { get; init; }
    /// <summary>How many stayed on account of a hold.</summary>
    public long Held { get; init; }
    /// <summary>From here on once more: it is too young, or something alive rests on it.</summary>
    public long? Again { get; init; }
    public long NotBefore { get; init; }
    public long? DoneAt { get; init; }
}
