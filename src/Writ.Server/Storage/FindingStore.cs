namespace Writ.Server.Storage;

/// <summary>Findings: rows and SQL. Any room raises them, through here and inside its own transaction.</summary>
public sealed class FindingStore(Database database)
{
    public Task<FindingRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<FindingRow>($"{Shown} WHERE f.id = @id", new { id }, cancel);

    // What is found about a key is stored under the key's id, and is about whoever holds it.
    private const string Shown = """
        SELECT f.*, k.principal AS holder FROM finding f LEFT JOIN principal_key k ON k.id = f.subject
        """;

    /// <summary>Findings by filter, in order of their ids.</summary>
    public Task<IReadOnlyList<FindingRow>> ListAsync(FindingFilter filter, CancellationToken cancel = default) =>
        database.QueryAsync<FindingRow>($"""
            {Shown}
            WHERE (@Kind IS NULL OR f.kind = @Kind) AND (@Owner IS NULL OR f.owner = @Owner)
              AND (@Subject IS NULL OR f.subject = @Subject OR k.principal = @Subject)
              AND (@Team IS NULL OR f.team = @Team)
              AND (@Status IS NULL OR f.status = @Status) AND (@After IS NULL OR f.id > @After)
            ORDER BY f.id LIMIT @Limit
            """, filter, cancel);

    /// <summary>Whether one of this kind is open about a subject.</summary>
    public async Task<bool> IsOpenAsync(string kind, string subject, CancellationToken cancel = default) =>
        await database.FirstAsync<long>(
            "SELECT COUNT(*) FROM finding WHERE kind = @kind AND subject = @subject AND status = 'open'",
            new { kind, subject }, cancel) > 0;

    /// <summary>Closes an open finding.</summary>
    public static async Task<ClaimFailure?> CloseAsync(StoreTransaction tx, string id, string by, string reason)
    {
        var closed = await tx.ExecuteAsync("""
            UPDATE finding SET status = 'closed', closed_at = @now, closed_by = @by, close_reason = @reason
            WHERE id = @id AND status = 'open'
            """, new { id, by, reason, now = tx.Now });
        return closed == 1 ? null : ClaimFailure.Conflict("The finding is closed already.");
    }

    /// <summary>Closes what a change has mended, if it was found at all.</summary>
    public static Task<int> MendAsync(StoreTransaction tx, string kind, string subject) =>
        tx.ExecuteAsync("""
            UPDATE finding SET status = 'closed', closed_at = @now, closed_by = 'writ', close_reason = 'mended'
            WHERE kind = @kind AND subject = @subject AND status = 'open'
            """, new { kind, subject, now = tx.Now });

    /// <summary>Closes what was found about an identity and its keys, which are no more.</summary>
    public static Task<int> MendAllAsync(StoreTransaction tx, string identity) =>
        tx.ExecuteAsync("""
            UPDATE finding SET status = 'closed', closed_at = @now, closed_by = 'writ', close_reason = 'decommissioned'
            WHERE status = 'open'
              AND kind IN ('orphaned', 'bearer_exception', 'client_secret', 'key_expiring', 'key_expired')
              AND (subject = @identity OR subject IN (SELECT id FROM principal_key WHERE principal = @identity))
            """, new { identity, now = tx.Now });

    /// <summary>Raises a finding, or counts it again where one of its kind is open for the subject.</summary>
    public static Task RaiseAsync(StoreTransaction tx, FindingRow row) =>
        tx.ExecuteAsync("""
            INSERT INTO finding
              (id, kind, subject, owner, team, message, severity, status, count, first_seen, last_seen)
            VALUES (@Id, @Kind, @Subject, @Owner, @Team, @Message, @Severity, @Status, @Count, @FirstSeen, @LastSeen)
            ON CONFLICT (kind, subject) WHERE status = 'open'
            DO UPDATE SET count = finding.count + 1, last_seen = excluded.last_seen, message = excluded.message
            """, row);
}

/// <summary>Which findings a list shows; null: any.</summary>
public sealed record FindingFilter(
    string? Kind, string? Subject, string? Owner, string? Team, string? Status, string? After, int Limit);

/// <summary>Something that somebody must mend. One open row for each kind and subject.</summary>
public sealed record FindingRow
{
    public required string Id { get; init; }
    public required string Kind { get; init; }
    /// <summary>An identity, or one of its keys; or what of the broker's own is not as it should be.</summary>
    public required string Subject { get; init; }
    /// <summary>Where the subject is a key: whose it is. Not stored.</summary>
    public string? Holder { get; init; }
    public required string Owner { get; init; }
    public required string Team { get; init; }
    public required string Message { get; init; }
    public required string Severity { get; init; }
    public string Status { get; init; } = "open";
    public int Count { get; init; } = 1;
    public required long FirstSeen { get; init; }
    public required long LastSeen { get; init; }
    public long? ClosedAt { get; init; }
    public string? ClosedBy { get; init; }
    public string? CloseReason { get; init; }

    /// <summary>Its owner is nobody who could mend anything about it.</summary>
    public static FindingRow Orphaned(string id, IdentityRow identity, long now) =>
        About(id, FindingKind.Orphaned, identity, $"{identity.Owner}, its owner, is no operator.", "high", now);

    /// <summary>A finding about an identity, for whoever owns it.</summary>
    public static FindingRow About(
        string id, string kind, IdentityRow identity, string message, string severity, long now) => new()
        {
            Id = id,
            Kind = kind,
            Subject = identity.Id,
            Owner = identity.Owner,
            Team = identity.Team,
            Message = message,
            Severity = severity,
            FirstSeen = now,
            LastSeen = now,
        };
}

/// <summary>The kinds of findings that the registers and the log's sinks raise.</summary>
public static class FindingKind
{
    public const string Orphaned = "orphaned";
    public const string BearerException = "bearer_exception";
    public const string ClientSecret = "client_secret";
    public const string KeyExpiring = "key_expiring";
    public const string KeyExpired = "key_expired";
    public const string PolicySource = "policy_source";
    public const string SinkBehind = "sink_behind";
}
