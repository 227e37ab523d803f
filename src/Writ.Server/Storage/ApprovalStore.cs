using System.Text.Json;

namespace Writ.Server.Storage;

/// <summary>Requests for an approval, and what became of them: rows and SQL.</summary>
public sealed class ApprovalStore(Database database)
{
    /// <summary>Requests of one caller that wait at once.</summary>
    internal const int MostWaiting = 20;

    /// <summary>So many noes within an hour, and nobody is asked for that caller.</summary>
    internal const int MostDenied = 10;

    private const long Minute = 60L * 1_000_000;
    private const long Hour = 60 * Minute;

    /// <summary>For so long the same is not asked of anybody again after a no.</summary>
    private const long Quiet = 15 * Minute;

    public Task<ApprovalRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<ApprovalRow>("SELECT * FROM approval WHERE id = @id", new { id }, cancel);

    /// <summary>The newest first.</summary>
    public Task<IReadOnlyList<ApprovalRow>> ListAsync(ApprovalFilter filter, CancellationToken cancel = default) =>
        database.QueryAsync<ApprovalRow>($"""
            SELECT * FROM approval WHERE TRUE {StatusIs(filter.Status)}
              {(filter.Requester is null ? "" : "AND requester = @Requester")}
              {(filter.Team is null ? "" : "AND team = @Team")}
              {(filter.Seer is null ? "" : Seen)} {(filter.After is null ? "" : "AND id < @After")}
            ORDER BY id DESC LIMIT @Limit
            """, filter, cancel);

    private static string StatusIs(string? status) => status switch
    {
        null => "",
        "used" => "AND used_at IS NOT NULL",
        "expired" => """
            AND used_at IS NULL
              AND (status = 'expired' OR (status IN ('pending', 'approved') AND expires_at <= @Now))
            """,
        "pending" or "approved" => "AND used_at IS NULL AND status = @Status AND expires_at > @Now",
        _ => "AND used_at IS NULL AND status = @Status",
    };

    // What lies in somebody's scope, what they asked for, and what the policy names them for.
    private const string Seen = """
        AND (team = @SeerTeam OR requester = @Seer OR approvers LIKE @SeerPattern ESCAPE '!'
          OR approvers LIKE @NamePattern ESCAPE '!' OR approvers LIKE @TeamPattern ESCAPE '!')
        """;

    /// <summary>Notes that somebody wishes for an approval; what waits for the same thing already, or was approved and
    /// not used, stays the only one. Answers the one that it is now.</summary>
    /// <param name="tx">The refusal's transaction.</param>
    /// <param name="row">The request as it would be.</param>
    /// <param name="spoilt">An approval of the same thing that is good for nothing any more: whoever gave it left.
    /// </param>
    public static async Task<(ApprovalRow? Row, ClaimFailure? Failure)> WishAsync(
        StoreTransaction tx, ApprovalRow row, string? spoilt)
    {
        await tx.ExecuteAsync("""
            UPDATE approval SET status = 'expired' WHERE digest = @digest AND status = 'pending' AND expires_at <= @now
            """, new { digest = row.Digest, now = tx.Now });
        await tx.ExecuteAsync(
            "UPDATE approval SET status = 'void' WHERE id = @spoilt AND digest = @digest AND status = 'approved'",
            new { spoilt, digest = row.Digest });
        // By what they are, not by which is the latest: ids of replicas whose clocks differ have no order.
        var open = await tx.FirstAsync<ApprovalRow>("""
            SELECT * FROM approval WHERE digest = @digest AND expires_at > @now AND used_at IS NULL
              AND status IN ('pending', 'approved') ORDER BY id DESC LIMIT 1
            """, new { digest = row.Digest, now = tx.Now });
        // What waits for other people than must say yes now waits in vain.
        if (open is { Status: "pending" } && !open.WantsAs(row))
            await tx.ExecuteAsync("UPDATE approval SET status = 'void' WHERE id = @Id", new { open.Id });
        else if (open is not null)
            return (open, null);
        if (await DeniedAsync(tx, row) is { } no) return (null, no);
        var waiting = await tx.ScalarAsync<long>("""
            SELECT COUNT(*) FROM approval WHERE requester = @requester AND status = 'pending' AND expires_at > @now
            """, new { requester = row.Requester, now = tx.Now });
        if (waiting >= MostWaiting) return (null, ClaimFailure.TooManyApprovals);
        await tx.ExecuteAsync("""
            INSERT INTO approval (id, kind, digest, likeness, policy, requester, subject, task, team, shown, approvers,
              acting, barred, because, window_seconds, status, created_at, expires_at)
            VALUES (@Id, @Kind, @Digest, @Likeness, @Policy, @Requester, @Subject, @Task, @Team, @Shown, @Approvers,
              @Acting, @Barred, @Because, @WindowSeconds, @Status, @CreatedAt, @ExpiresAt)
            """, row);
        return (row, null);
    }

    /// <summary>Whether a person said no to the like of it just now, or people said no to that caller again and again:
    /// whoever asks until somebody tires is not heard.</summary>
    private static async Task<ClaimFailure?> DeniedAsync(StoreTransaction tx, ApprovalRow row)
    {
        var denied = await tx.QueryAsync<ApprovalRow>("""
            SELECT * FROM approval WHERE requester = @Requester AND status = 'denied' AND decided_at > @since
            ORDER BY decided_at DESC LIMIT @most
            """, new { row.Requester, since = tx.Now - Hour, most = MostDenied });
        return denied.Any(d => d.DecidedAt > tx.Now - Quiet && d.Likeness == row.Likeness) ? ClaimFailure.ApprovalDenied
            : denied.Count == MostDenied ? ClaimFailure.DeniedAgainAndAgain
            : null;
    }

    /// <summary>Somebody said yes or no; once, and in time.</summary>
    public static Claim Decide(ApprovalRow row) => new Claim.Effect(async tx =>
    {
        var updated = await tx.ExecuteAsync("""
            UPDATE approval SET status = @Status, decided_by = @DecidedBy, decided_at = @DecidedAt,
              decided_because = @DecidedBecause, expires_at = @ExpiresAt
            WHERE id = @Id AND status = 'pending' AND expires_at > @DecidedAt
            """, row);
        return updated == 1
            ? null
            : ClaimFailure.Conflict($"The request {row.Id} does not wait any longer.");
    });

    /// <summary>Uses an approval up. Whoever comes second finds it used. Who is told nothing of how that ended has to
    /// ask a person again.</summary>
    public static Claim Use(string id) => new Claim.Effect(async tx =>
    {
        var updated = await tx.ExecuteAsync("""
            UPDATE approval SET used_at = @now
            WHERE id = @id AND status = 'approved' AND used_at IS NULL AND expires_at > @now
            """, new { id, now = tx.Now });
        return updated == 1 ? null : ClaimFailure.ApprovalUsed;
    })
    {
        MustBeHeard = true,
    };

    /// <summary>After a restore nobody knows what was used, or taken back, since the backup.</summary>
    public static Task<int> VoidAllAsync(StoreTransaction tx) => tx.ExecuteAsync(
        "UPDATE approval SET status = 'void' WHERE status IN ('pending', 'approved') AND used_at IS NULL");

    /// <summary>Marks what nobody answered in time, and drops what ended long ago.</summary>
    public static async Task<int> PruneAsync(StoreTransaction tx)
    {
        await tx.ExecuteAsync(
            "UPDATE approval SET status = 'expired' WHERE status = 'pending' AND expires_at <= @now",
            new { now = tx.Now });
        return await tx.ExecuteAsync(
            "DELETE FROM approval WHERE expires_at < @before", new { before = tx.Now - (30 * 24 * 60 * Minute) });
    }
}

/// <summary>Which requests; null binds nothing.</summary>
/// <param name="Status">As <see cref="ApprovalRow.StatusAt"/> says.</param>
/// <param name="Requester">Who asked.</param>
/// <param name="Team">In whose scope it lies.</param>
/// <param name="After">The last id of the page before.</param>
/// <param name="Limit">How many.</param>
public sealed record ApprovalFilter(string? Status, string? Requester, string? Team, string? After, int Limit)
{
    public required long Now { get; init; }

    /// <summary>The operator of one team who looks: sees what concerns them alone.</summary>
    public OperatorRow? Person { get; init; }

    // What the statement names; Dapper sees what is public.
    public string? Seer => Person?.Id;

    public string? SeerTeam => Person?.Team;

    public string SeerPattern => Holds(Person?.Id);

    public string NamePattern => Holds(Person?.Name);

    public string TeamPattern => Holds($"team:{Person?.Team}");

    /// <summary>A pattern for lists of texts, as JSON, that hold this one.</summary>
    private static string Holds(string? word) => $"%{JsonSerializer.Serialize(word)
        .Replace("!", "!!", StringComparison.Ordinal).Replace("%", "!%", StringComparison.Ordinal)
        .Replace("_", "!_", StringComparison.Ordinal)}%";
}

/// <summary>A request for a person's yes to one exact thing.</summary>
public sealed record ApprovalRow
{
    public required string Id { get; init; }
    /// <summary>token.issue, task.start, or the act.</summary>
    public required string Kind { get; init; }
    /// <summary>What it is for, exactly, and by which version of the policy.</summary>
    public required string Digest { get; init; }
    /// <summary>The same but for its key and its time.</summary>
    public string Likeness { get; init; } = "";
    /// <summary>The version of the policy that asked for it.</summary>
    public required string Policy { get; init; }
    public required string Requester { get; init; }
    public required string Subject { get; init; }
    public string? Task { get; init; }
    /// <summary>The team in whose scope it lies; null: the trust domain's.</summary>
    public string? Team { get; init; }
    /// <summary>What the approver is shown, as JSON.</summary>
    public required string Shown { get; init; }
    /// <summary>Who may approve, as a JSON list; empty: whose scope covers it.</summary>
    public required string Approvers { get; init; }
    /// <summary>Who acts in it, as a JSON list: who has those in hand is looked up again.</summary>
    public string Acting { get; init; } = "[]";
    /// <summary>Who may not, as a JSON list: whoever had a hand in the request when it was asked.</summary>
    public required string Barred { get; init; }
    public required string Because { get; init; }
    public required long WindowSeconds { get; init; }
    /// <summary>pending → approved | denied | expired; approved → void, when whoever approved may do so no longer.
    /// </summary>
    public required string Status { get; init; }
    public required long CreatedAt { get; init; }
    /// <summary>While it waits: when waiting ends. Once approved: when the approval ends.</summary>
    public required long ExpiresAt { get; init; }
    public string? DecidedBy { get; init; }
    public long? DecidedAt { get; init; }
    public string? DecidedBecause { get; init; }
    public long? UsedAt { get; init; }

    /// <summary>Whether it is a yes to this very thing, by this version of the policy, now.</summary>
    public bool IsGoodFor(string digest, string policy, long now) =>
        Status == "approved" && UsedAt is null && ExpiresAt > now
        && string.Equals(Digest, digest, StringComparison.Ordinal)
        && string.Equals(Policy, policy, StringComparison.Ordinal);

    /// <summary>Whether the same people have to say the same yes.</summary>
    internal bool WantsAs(ApprovalRow other) =>
        Team == other.Team && WindowSeconds == other.WindowSeconds
        && Stored.Strings(Approvers).ToHashSet(StringComparer.Ordinal).SetEquals(Stored.Strings(other.Approvers));

    /// <summary>What it is at that time: one that nobody answered in time has expired before that is written down.
    /// </summary>
    public string StatusAt(long now) =>
        UsedAt is not null ? "used" : Status is "pending" or "approved" && ExpiresAt <= now ? "expired" : Status;
}
