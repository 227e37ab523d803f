namespace Writ.Server.Storage;

/// <summary>Resources: rows and SQL.</summary>
public sealed class ResourceStore(Database database)
{
    public Task<IReadOnlyList<ResourceRow>> AllAsync(CancellationToken cancel = default) =>
        database.QueryAsync<ResourceRow>("SELECT * FROM resource ORDER BY name", null, cancel);

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, ResourceRow row)
    {
        tx.RegistryChanged = true;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO resource (name, uri, owner, team, classification, actions, created_at, version)
            VALUES (@Name, @Uri, @Owner, @Team, @Classification, @Actions, @CreatedAt, @Version) ON CONFLICT DO NOTHING
            """, row);
        return inserted == 1 ? null : ClaimFailure.Conflict($"The resource {row.Name} or its URI exists already.");
    }
}

/// <summary>What is protected. An audience is one of these.</summary>
public sealed record ResourceRow
{
    public required string Name { get; init; }
    public required string Uri { get; init; }
    public required string Owner { get; init; }
    public required string Team { get; init; }
    public required string Classification { get; init; }
    /// <summary>The actions it knows, separated by spaces.</summary>
    public required string Actions { get; init; }
    public required long CreatedAt { get; init; }
    public long Version { get; init; } = 1;
}

/// <summary>Data classification and clearance, lowest first.</summary>
public static class Classification
{
    public static readonly IReadOnlyList<string> Levels = ["public", "internal", "confidential", "restricted"];

    /// <summary>The rank of a level; unknown words rank above all, so that nothing is cleared for them.</summary>
    public static int Rank(string level)
    {
        for (var i = 0; i < Levels.Count; i++)
            if (string.Equals(Levels[i], level, StringComparison.Ordinal)) return i;
        return int.MaxValue;
    }
}
