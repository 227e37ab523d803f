namespace Writ.Server.Storage;

/// <summary>Workflows: rows and SQL.</summary>
public sealed class WorkflowStore(Database database)
{
    public Task<IReadOnlyList<WorkflowRow>> AllAsync(CancellationToken cancel = default) =>
        database.QueryAsync<WorkflowRow>("SELECT * FROM workflow ORDER BY name", null, cancel);

    /// <summary>A workflow that allows something at a location, if there is one.</summary>
    public static Task<string?> AnyAtAsync(StoreTransaction tx, string location) =>
        tx.FirstAsync<string>(
            "SELECT name FROM workflow WHERE REPLACE(authority, @quoted, '') <> authority LIMIT 1",
            new { quoted = Stored.Quoted(location) });

    /// <summary>Replaces what may change, if the row is still the version that was read.</summary>
    public static async Task<ClaimFailure?> UpdateAsync(StoreTransaction tx, WorkflowRow row)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE workflow SET owner = @Owner, team = @Team, agents = @Agents, starters = @Starters,
              purposes = @Purposes, authority = @Authority, max_task_seconds = @MaxTaskSeconds, max_depth = @MaxDepth,
              version = @Version + 1
            WHERE name = @Name AND version = @Version
            """, row);
        return updated == 1 ? null : ClaimFailure.Conflict($"The workflow {row.Name} was changed by somebody else.");
    }

    public static async Task<ClaimFailure?> DeleteAsync(StoreTransaction tx, string name)
    {
        tx.RegistryChanged = true;
        var deleted = await tx.ExecuteAsync("DELETE FROM workflow WHERE name = @name", new { name });
        return deleted == 1 ? null : ClaimFailure.NotFound("workflow");
    }

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, WorkflowRow row)
    {
        tx.RegistryChanged = true;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO workflow (name, owner, team, agents, starters, purposes, authority, max_task_seconds, max_depth,
              created_at, version)
            VALUES (@Name, @Owner, @Team, @Agents, @Starters, @Purposes, @Authority, @MaxTaskSeconds, @MaxDepth,
              @CreatedAt, @Version) ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.Conflict($"The workflow {row.Name} exists already.");
    }
}

/// <summary>A registered kind of work.</summary>
public sealed record WorkflowRow
{
    public required string Name { get; init; }
    public required string Owner { get; init; }
    public required string Team { get; init; }
    /// <summary>The identities that may run it, separated by spaces.</summary>
    public required string Agents { get; init; }
    /// <summary>Who else may start it: identities and operators, separated by spaces.</summary>
    public string Starters { get; init; } = "";
    /// <summary>Allowed purposes as a JSON array; empty allows any.</summary>
    public string Purposes { get; init; } = "[]";
    /// <summary>The most authority that a task of it may have: authorization_details as JSON.</summary>
    public required string Authority { get; init; }
    public int MaxTaskSeconds { get; init; } = 8 * 3600;
    public int MaxDepth { get; init; } = 4;
    public required long CreatedAt { get; init; }
    public long Version { get; init; } = 1;
}
