namespace Writ.Server.Storage;

/// <summary>Findings: rows and SQL. Any room raises them, through here and inside its own transaction.</summary>
public sealed class FindingStore(Database database)
{
    public Task<FindingRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<FindingRow>("SELECT * FROM finding WHERE id = @id", new { id }, cancel);

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

/// <summary>Something that somebody must mend. One open row for each kind and subject.</summary>
public sealed record FindingRow
{
    public required string Id { get; init; }
    public required string Kind { get; init; }
    public required string Subject { get; init; }
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
}
