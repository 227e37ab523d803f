namespace Writ.Server.Storage;

/// <summary>Workflows: rows and SQL.</summary>
public sealed class WorkflowStore(Database database)
{
    public Task<IReadOnlyList<WorkflowRow>> AllAsync(CancellationToken cancel = default) =>
        database.QueryAsync<WorkflowRow>("SELECT * FROM workflow ORDER BY name", null, cancel);

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
