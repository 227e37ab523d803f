namespace Writ.Server.Storage;

/// <summary>
/// Audit records and the index behind them. The record table has one integer key and two blobs; the searchable columns
/// are filled by a reader that follows the dense index (three text indexes on the hot table cost five sixths of its
/// speed).
/// </summary>
public sealed class RecordStore(Database database)
{
    /// <summary>The name under which the search index keeps its place.</summary>
    public const string IndexReader = "index";

    /// <summary>The name under which the records of before are indexed again, up to what the other tells.</summary>
    public const string AgainReader = "index again";

    /// <summary>Where that ends.</summary>
    public const string AgainEnd = "index again to";

    private const int MostSpools = 100_000;

    /// <summary>The index that the next record will get.</summary>
    public Task<long> HeadAsync(CancellationToken cancel = default) =>
        database.FirstAsync<long>("SELECT next FROM log_head WHERE id = 1", null, cancel);

    /// <summary>The place of the first record that is not older than a moment, or about there: records of several
    /// replicas are as much in order as their clocks. Only what the index knows already.</summary>
    public async Task<long> PlaceAsync(long at, CancellationToken cancel = default)
    {
        var (low, high) = (0L, await IndexedAsync(cancel));
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var found = await database.FirstAsync<long?>(
                "SELECT at FROM record_index WHERE idx >= @middle ORDER BY idx LIMIT 1", new { middle }, cancel);
            if (found is null || found >= at) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    public Task<IReadOnlyList<RecordRow>> FromAsync(long index, int count, CancellationToken cancel = default) =>
        database.QueryAsync<RecordRow>(
            "SELECT idx, body AS core, detail FROM record WHERE idx >= @index ORDER BY idx LIMIT @count",
            new { index, count }, cancel);

    /// <summary>The records of the credentials issued under these tasks, newest first, up to a number: whoever may
    /// issue many does not thereby hide the last ones.</summary>
    public Task<IReadOnlyList<RecordRow>> CredentialsAsync(
        IReadOnlyList<string> tasks, int most, CancellationToken cancel = default)
    {
        var (list, parameters) = ValueList.Of(tasks);
        return database.QueryAsync<RecordRow>($"""
            SELECT idx, body AS core, detail FROM record WHERE idx IN (
              SELECT idx FROM record_index WHERE task IN {list} AND jti IS NOT NULL AND outcome = 'allow'
              ORDER BY idx DESC LIMIT {most})
            ORDER BY idx DESC
            """, parameters, cancel);
    }

    /// <summary>Where the records are of all credentials that have not ended by themselves, and whose they are; the
    /// newest first, so that nobody hides one behind many.</summary>
    public Task<IReadOnlyList<LivePlace>> LiveAsync(long now, CancellationToken cancel = default) =>
        database.QueryAsync<LivePlace>("""
            SELECT idx, actor FROM record_index
            WHERE jti IS NOT NULL AND expires_at > @now AND outcome = 'allow'
            ORDER BY idx DESC
            """, new { now }, cancel);

    /// <summary>How many of them are somebody's, counted up to a number; among all that are out, not among all that
    /// they ever had.</summary>
    public Task<long> LiveOfAsync(string holder, long now, long most, CancellationToken cancel = default) =>
        database.FirstAsync<long>("""
            SELECT COUNT(*) FROM (
              SELECT 1 FROM record_index
              WHERE actor || '' = @holder AND jti IS NOT NULL AND expires_at > @now AND outcome = 'allow'
              LIMIT @most) live
            """, new { holder, now, most }, cancel);

    /// <summary>A record by its place, as far as a team may see it: what its identities and operators did, and what was
    /// done to them; null, anybody's.</summary>
    public Task<RecordRow?> OfTeamAsync(long index, string? team, CancellationToken cancel = default) =>
        database.FirstAsync<RecordRow>($"""
            SELECT r.idx, r.body AS core, r.detail FROM record r JOIN record_index x ON x.idx = r.idx
            WHERE r.idx = @index {(team is null ? "" : """
                AND (EXISTS (SELECT 1 FROM identity i WHERE i.team = @team AND (i.id = x.subject OR i.id = x.actor))
                  OR EXISTS (SELECT 1 FROM operator o WHERE o.team = @team AND (o.id = x.subject OR o.id = x.actor)))
                """)}
            """, new { index, team }, cancel);

    /// <summary>Records by their places.</summary>
    public Task<IReadOnlyList<RecordRow>> AtAsync(IReadOnlyList<long> places, CancellationToken cancel = default) =>
        database.QueryAsync<RecordRow>($"""
            SELECT idx, body AS core, detail FROM record WHERE idx IN ({string.Join(',', places)}) ORDER BY idx
            """, null, cancel);

    /// <summary>The newest record of something of these kinds that was done to somebody.</summary>
    public Task<RecordRow?> LastAsync(string subject, IReadOnlyList<string> kinds, CancellationToken cancel = default)
    {
        var (list, parameters) = ValueList.Of(kinds);
        parameters.Add("subject", subject);
        return database.FirstAsync<RecordRow>($"""
            SELECT r.idx, r.body AS core, r.detail FROM record_index x JOIN record r ON r.idx = x.idx
            WHERE x.subject = @subject AND x.kind IN {list} AND x.outcome = 'allow' ORDER BY x.idx DESC LIMIT 1
            """, parameters, cancel);
    }

    /// <summary>Records of what somebody was given or let do since a moment, against the order of the log.</summary>
    public Task<IReadOnlyList<RecordRow>> UseOfAsync(
        string identity, long since, long before, int most, CancellationToken cancel = default) =>
        database.QueryAsync<RecordRow>("""
            SELECT r.idx, r.body AS core, r.detail FROM record_index x JOIN record r ON r.idx = x.idx
            WHERE x.outcome = 'allow' AND x.at >= @since AND x.idx < @before
              AND ((x.actor = @identity AND x.jti IS NOT NULL)
                OR (x.subject = @identity AND x.kind IN ('access.evaluate', 'access.local')))
            ORDER BY x.idx DESC LIMIT @most
            """, new { identity, since, before, most }, cancel);

    /// <summary>Records by filter, in the order of the log or against it. Only what the index knows already.</summary>
    public async Task<IReadOnlyList<RecordRow>> ListAsync(RecordFilter filter, CancellationToken cancel = default)
    {
        var search = new RecordSearch(database);
        var places = new List<long>();
        for (long? after = filter.After; ;)
        {
            var page = await search.FindAsync(
                filter with { After = after, Limit = filter.Limit - places.Count }, cancel);
            places.AddRange(page.Rows.Select(r => r.Idx));
            after = page.Place;
            if (after is null || places.Count >= filter.Limit) break;
        }
        if (places.Count == 0) return [];
        var rows = await AtAsync(places, cancel);
        return filter.NewestFirst ? [.. rows.Reverse()] : rows;
    }

    /// <summary>Who was to be told of what, the newest first.</summary>
    public Task<IReadOnlyList<NoticeRow>> NoticesAsync(NoticeFilter filter, CancellationToken cancel = default)
    {
        var (list, parameters) = ValueList.Of(filter.Whom ?? []);
        parameters.AddDynamicParams(new { filter.After?.Idx, filter.After?.Whom, filter.Limit });
        return database.QueryAsync<NoticeRow>($"""
            SELECT * FROM notice WHERE TRUE {(filter.Whom is null ? "" : $"AND whom IN {list}")}
              {(filter.After is null ? "" : "AND (idx < @Idx OR (idx = @Idx AND whom > @Whom))")}
            ORDER BY idx DESC, whom LIMIT @Limit
            """, parameters, cancel);
    }

    /// <summary>Notes them; a repeated step changes nothing.</summary>
    internal static Task<int> InsertNoticesAsync(StoreTransaction tx, IReadOnlyList<NoticeRow> rows) =>
        rows.Count == 0 ? Task.FromResult(0) : tx.ExecuteAsync("""
            INSERT INTO notice (idx, whom, at, kind, subject, actor, task, decision_id)
            VALUES (@Idx, @Whom, @At, @Kind, @Subject, @Actor, @Task, @DecisionId) ON CONFLICT DO NOTHING
            """, rows);

    /// <summary>What some tasks tell of their records; of those of which there is something to tell.</summary>
    public async Task<IReadOnlyDictionary<string, RecordTask>> TaskLinesAsync(
        IReadOnlyList<string> ids, CancellationToken cancel = default)
    {
        const int step = 500;
        var lines = new Dictionary<string, RecordTask>(StringComparer.Ordinal);
        for (var at = 0; at < ids.Count; at += step)
        {
            var (list, parameters) = ValueList.Of([.. ids.Skip(at).Take(step)]);
            foreach (var line in await database.QueryAsync<RecordTask>($"""
                SELECT id, workflow, ancestors, on_behalf_of FROM task
                WHERE id IN {list} AND (ancestors <> '' OR on_behalf_of IS NOT NULL OR workflow <> 'implicit')
                """, parameters, cancel)) lines[line.Id] = line;
        }
        return lines;
    }

    /// <summary>Adds to rows of an older build what this one keeps of records.</summary>
    internal static Task<int> UpdateIndexAsync(StoreTransaction tx, IReadOnlyList<RecordIndexRow> rows) =>
        rows.Count == 0 ? Task.FromResult(0) : tx.ExecuteAsync("""
            UPDATE record_index SET reason = @Reason, policy = @Policy, workflow = @Workflow,
              on_behalf_of = @OnBehalfOf, approved_by = @ApprovedBy, terms = @Terms WHERE idx = @Idx
            """, rows);

    /// <summary>The time of the record before one, as the index knows it.</summary>
    public Task<long> TimeBeforeAsync(long index, CancellationToken cancel = default) => database.FirstAsync<long>(
        "SELECT at FROM record_index WHERE idx < @index ORDER BY idx DESC LIMIT 1", new { index }, cancel);

    /// <summary>Whether the detail of any of these went since they were read.</summary>
    internal static async Task<bool> AreErasedSinceAsync(StoreTransaction tx, IReadOnlyList<RecordRow> rows)
    {
        if (rows.Count == 0) return false;
        var bare = (await tx.QueryAsync<long>(
            "SELECT idx FROM record WHERE idx >= @first AND idx <= @last AND detail IS NULL",
            new { first = rows[0].Idx, last = rows[^1].Idx })).ToHashSet();
        return rows.Any(r => r.Detail is not null && bare.Contains(r.Idx));
    }

    /// <summary>Where a named reader stands: the next index it has not seen.</summary>
    public Task<long> ReaderAsync(string name, CancellationToken cancel = default) =>
        database.FirstAsync<long>("SELECT next FROM reader WHERE name = @name", new { name }, cancel);

    /// <summary>The next index that the search index has not seen.</summary>
    public Task<long> IndexedAsync(CancellationToken cancel = default) => ReaderAsync(IndexReader, cancel);

    /// <summary>Moves the spool of somebody who decides elsewhere to a number, and answers where it stood: all before
    /// that was recorded. Its name belongs to whoever used it first.</summary>
    public static async Task<(long Next, ClaimFailure? Failure)> TakeSpoolAsync(
        StoreTransaction tx, string name, string identity, long end)
    {
        var known = await tx.FirstAsync<SpoolRow>(
            $"SELECT identity, next FROM spool WHERE name = @name{tx.ForUpdate}", new { name });
        if (known is null && await tx.ScalarAsync<long>(
            "SELECT COUNT(*) FROM spool WHERE identity = @identity", new { identity }) >= MostSpools)
            return (0, new ClaimFailure("too_many_spools", "This identity made too many spools."));
        if (known is not null && known.Identity != identity)
            return (0, ClaimFailure.Conflict("The spool is another identity's."));
        await tx.ExecuteAsync("""
            INSERT INTO spool (name, identity, next, at) VALUES (@name, @identity, @end, @Now)
            ON CONFLICT (name) DO UPDATE SET
              next = CASE WHEN excluded.next > spool.next THEN excluded.next ELSE spool.next END, at = excluded.at
            """, new { name, identity, end, tx.Now });
        return (known?.Next ?? 0, null);
    }

    /// <summary>Forgets spools of which nothing came for a hundred days: each start of an API makes one.</summary>
    public static Task<int> PruneSpoolsAsync(StoreTransaction tx) => tx.ExecuteAsync(
        "DELETE FROM spool WHERE at < @old", new { old = tx.Now - (100L * 86_400 * 1_000_000) });

    /// <summary>Gives a reader its first place, unless it has one.</summary>
    public static Task<int> BeginReaderAsync(StoreTransaction tx, string name, long next) => tx.ExecuteAsync(
        "INSERT INTO reader (name, next) VALUES (@name, @next) ON CONFLICT DO NOTHING", new { name, next });

    public static Task<int> MoveReaderAsync(StoreTransaction tx, string name, long next) =>
        tx.ExecuteAsync("""
            INSERT INTO reader (name, next) VALUES (@name, @next) ON CONFLICT (name) DO UPDATE SET next = excluded.next
            """, new { name, next });
}

/// <summary>What a task tells of the records under it.</summary>
public sealed record RecordTask
{
    public required string Id { get; init; }
    public required string Workflow { get; init; }
    public required string Ancestors { get; init; }
    public string? OnBehalfOf { get; init; }
}

/// <summary>Whose a spool is, and the next number that it may send.</summary>
public sealed record SpoolRow
{
    public required string Identity { get; init; }
    public required long Next { get; init; }
}

/// <summary>Which notices.</summary>
/// <param name="Whom">For any of these; null: for whomever.</param>
/// <param name="After">Behind this one.</param>
/// <param name="Limit">How many.</param>
public sealed record NoticeFilter(IReadOnlyList<string>? Whom, (long Idx, string Whom)? After, int Limit);

/// <summary>Somebody whom the policy wants told of a decision (<c>notify</c>).</summary>
public sealed record NoticeRow
{
    /// <summary>The record of the decision.</summary>
    public required long Idx { get; init; }
    /// <summary>As the policy names them: a team, a role, an operator.</summary>
    public required string Whom { get; init; }
    public required long At { get; init; }
    public required string Kind { get; init; }
    public string? Subject { get; init; }
    public string? Actor { get; init; }
    public string? Task { get; init; }
    public string? DecisionId { get; init; }
}

/// <summary>The place of the record of a credential, and who got that.</summary>
public sealed record LivePlace
{
    public required long Idx { get; init; }
    public required string Actor { get; init; }
}
