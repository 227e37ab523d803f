namespace Writ.Server.Storage;

/// <summary>Requests for an approval, and what became of them: rows and SQL.</summary>
public sealed class ApprovalStore(Database database)
{
    public Task<ApprovalRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<ApprovalRow>("SELECT * FROM approval WHERE id = @id", new { id }, cancel);

    /// <summary>The request for the same thing that still waits, or was approved and not used.</summary>
    public Task<ApprovalRow?> OpenAsync(string digest, long now, CancellationToken cancel = default) =>
        database.FirstAsync<ApprovalRow>("""
            SELECT * FROM approval WHERE digest = @digest AND expires_at > @now AND used_at IS NULL
              AND status IN ('pending', 'approved') ORDER BY id DESC LIMIT 1
            """, new { digest, now }, cancel);

    public Task<IReadOnlyList<ApprovalRow>> ListAsync(
        string? status, string? team, string? after, int limit, CancellationToken cancel = default) =>
        database.QueryAsync<ApprovalRow>($"""
            SELECT * FROM approval WHERE TRUE {(status is null ? "" : "AND status = @status")}
              {(team is null ? "" : "AND team = @team")} {(after is null ? "" : "AND id < @after")}
            ORDER BY id DESC LIMIT @limit
            """, new { status, team, after, limit }, cancel);

    /// <summary>Adds a request; one for the same thing that waits already stays the only one.</summary>
    public static Task<int> InsertAsync(StoreTransaction tx, ApprovalRow row) => tx.ExecuteAsync("""
        INSERT INTO approval (id, kind, digest, policy, requester, subject, task, team, shown, approvers, because,
          window_seconds, status, created_at, expires_at)
        VALUES (@Id, @Kind, @Digest, @Policy, @Requester, @Subject, @Task, @Team, @Shown, @Approvers, @Because,
          @WindowSeconds, @Status, @CreatedAt, @ExpiresAt) ON CONFLICT DO NOTHING
        """, row);

    /// <summary>Somebody said yes or no; once, and in time.</summary>
    public static async Task<ClaimFailure?> DecideAsync(StoreTransaction tx, ApprovalRow row)
    {
        var updated = await tx.ExecuteAsync("""
            UPDATE approval SET status = @Status, decided_by = @DecidedBy, decided_at = @DecidedAt,
              decided_because = @DecidedBecause, expires_at = @ExpiresAt
            WHERE id = @Id AND status = 'pending' AND expires_at > @DecidedAt
            """, row);
        return updated == 1
            ? null
            : ClaimFailure.Conflict($"The request {row.Id} does not wait any longer.");
    }

    /// <summary>Uses an approval up. Whoever comes second finds it used.</summary>
    public static async Task<ClaimFailure?> UseAsync(StoreTransaction tx, string id)
    {
        var updated = await tx.ExecuteAsync("""
            UPDATE approval SET used_at = @now
            WHERE id = @id AND status = 'approved' AND used_at IS NULL AND expires_at > @now
            """, new { id, now = tx.Now });
        return updated == 1 ? null : new ClaimFailure("approval_used", "The approval was used before, or has ended.");
    }

    /// <summary>Marks what nobody answered in time, and drops what ended long ago.</summary>
    public static async Task<int> PruneAsync(StoreTransaction tx)
    {
        await tx.ExecuteAsync(
            "UPDATE approval SET status = 'expired' WHERE status = 'pending' AND expires_at <= @now",
            new { now = tx.Now });
        return await tx.ExecuteAsync(
            "DELETE FROM approval WHERE expires_at < @before", new { before = tx.Now - (30 * 86_400L * 1_000_000) });
    }
}

/// <summary>A request for a person's yes to one exact thing.</summary>
public sealed record ApprovalRow
{
    public required string Id { get; init; }
    /// <summary>token.issue, task.start, or the act.</summary>
    public required string Kind { get; init; }
    /// <summary>What it is for, exactly.</summary>
    public required string Digest { get; init; }
    /// <summary>The version of the policy that asked for it.</summary>
    public required string Policy { get; init; }
    public required string Requester { get; init; }
    public required string Subject { get; init; }
    public string? Task { get; init; }
    /// <summary>The team in whose scope it lies; null: the trust domain's.</summary>
    public string? Team { get; init; }
    /// <summary>What the approver is shown, as JSON.</summary>
    public required string Shown { get; init; }
    /// <summary>Who may approve, separated by spaces; empty: whose scope covers it.</summary>
    public required string Approvers { get; init; }
    public required string Because { get; init; }
    public required long WindowSeconds { get; init; }
    /// <summary>pending → approved | denied | expired.</summary>
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
}
