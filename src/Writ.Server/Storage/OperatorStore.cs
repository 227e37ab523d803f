namespace Writ.Server.Storage;

/// <summary>Operators and their enrolment codes: rows and SQL.</summary>
public sealed class OperatorStore(Database database)
{
    public Task<OperatorRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<OperatorRow>("SELECT * FROM operator WHERE id = @id", new { id }, cancel);

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, OperatorRow row)
    {
        tx.RegistryChanged = true;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO operator (id, name, role, team, status, dead_until, created_at, version)
            VALUES (@Id, @Name, @Role, @Team, @Status, @DeadUntil, @CreatedAt, @Version) ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.Conflict($"The operator {row.Name} exists already.");
    }
}

/// <summary>A person who administers.</summary>
public sealed record OperatorRow
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required string Role { get; init; }
    /// <summary>The team that the role is for; null for the trust domain.</summary>
    public string? Team { get; init; }
    public string Status { get; init; } = IdentityStatus.Active;
    public long? DeadUntil { get; init; }
    public required long CreatedAt { get; init; }
    public long Version { get; init; } = 1;
}

/// <summary>viewer &lt; operator &lt; owner.</summary>
public static class OperatorRole
{
    public const string Viewer = "viewer";
    public const string Operator = "operator";
    public const string Owner = "owner";
    public static readonly IReadOnlyList<string> All = [Viewer, Operator, Owner];
}
