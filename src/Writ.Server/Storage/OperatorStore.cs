namespace Writ.Server.Storage;

/// <summary>Operators: rows and SQL.</summary>
public sealed class OperatorStore(Database database)
{
    public Task<OperatorRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<OperatorRow>("SELECT * FROM operator WHERE id = @id", new { id }, cancel);

    public static Task<OperatorRow?> FindAsync(StoreTransaction tx, string id) =>
        tx.FirstAsync<OperatorRow>("SELECT * FROM operator WHERE id = @id", new { id });

    /// <summary>Operators of a team (null: all), in order of their ids.</summary>
    public Task<IReadOnlyList<OperatorRow>> ListAsync(OperatorFilter filter, CancellationToken cancel = default) =>
        database.QueryAsync<OperatorRow>("""
            SELECT * FROM operator
            WHERE (@Team IS NULL OR team = @Team) AND (@After IS NULL OR id > @After)
            ORDER BY id LIMIT @Limit
            """, filter, cancel);

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, OperatorRow row)
    {
        tx.RegistryChanged = true;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO operator (id, name, role, team, status, dead_until, created_at, version)
            VALUES (@Id, @Name, @Role, @Team, @Status, @DeadUntil, @CreatedAt, @Version) ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.Conflict($"The operator {row.Name} exists already.");
    }

    /// <summary>Replaces what may change, if the row is still the version that was read.</summary>
    public static async Task<ClaimFailure?> UpdateAsync(StoreTransaction tx, OperatorRow row)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE operator SET role = @Role, team = @Team, status = @Status, dead_until = @DeadUntil,
              version = @Version + 1
            WHERE id = @Id AND version = @Version
            """, row);
        return updated == 1 ? null : ClaimFailure.Conflict($"The operator {row.Name} was changed by somebody else.");
    }

    /// <summary>Fails where this is the only owner of the trust domain. Locks all of them, in one order, so that two
    /// who remove each other on two replicas do not both succeed.</summary>
    public static async Task<ClaimFailure?> RequireAnotherOwnerAsync(StoreTransaction tx, string id)
    {
        var owners = await tx.QueryAsync<string>($"""
            SELECT id FROM operator WHERE role = 'owner' AND team IS NULL AND status = 'active'
            ORDER BY id{tx.ForUpdate}
            """);
        return owners is [var only] && only == id ? ClaimFailure.LastOwner : null;
    }

    /// <summary>Whether somebody can act as owner of the trust domain: active, with a key in force.</summary>
    public static async Task<bool> HasOwnerAsync(StoreTransaction tx) =>
        await tx.ScalarAsync<long>(OwnersInForce, new { now = tx.Now }) > 0;

    /// <inheritdoc cref="HasOwnerAsync(StoreTransaction)"/>
    public async Task<bool> HasOwnerAsync(long now, CancellationToken cancel = default) =>
        await database.FirstAsync<long>(OwnersInForce, new { now }, cancel) > 0;

    private const string OwnersInForce = """
        SELECT COUNT(*) FROM operator o JOIN principal_key k ON k.principal = o.id
        WHERE o.role = 'owner' AND o.team IS NULL AND o.status = 'active'
          AND k.revoked_at IS NULL AND k.expires_at > @now
        """;
}

/// <summary>Which operators a list shows; null: any.</summary>
public sealed record OperatorFilter(string? Team, string? After, int Limit);

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
