namespace Writ.Server.Storage;

/// <summary>Resources: rows and SQL.</summary>
public sealed class ResourceStore(Database database)
{
    public Task<IReadOnlyList<ResourceRow>> AllAsync(CancellationToken cancel = default) =>
        database.QueryAsync<ResourceRow>("SELECT * FROM resource ORDER BY name", null, cancel);

    /// <summary>Fails where one of these locations is not registered any more; holds them until the commit.</summary>
    public static async Task<ClaimFailure?> HoldAsync(StoreTransaction tx, IEnumerable<string> locations)
    {
        var wanted = locations.ToArray();
        if (wanted.Length == 0) return null;
        var (list, parameters) = ValueList.Of(wanted);
        var there = await tx.QueryAsync<string>(
            $"SELECT uri FROM resource WHERE uri IN {list} ORDER BY name{tx.ForShare}", parameters);
        return there.Count == wanted.Length
            ? null
            : ClaimFailure.Conflict("A resource that it names was deleted meanwhile.");
    }

    /// <summary>Replaces what may change, if the row is still the version that was read. The URI stays.</summary>
    public static async Task<ClaimFailure?> UpdateAsync(StoreTransaction tx, ResourceRow row)
    {
        tx.RegistryChanged = true;
        var updated = await tx.ExecuteAsync("""
            UPDATE resource SET owner = @Owner, team = @Team, classification = @Classification, actions = @Actions,
              purposes = @Purposes, version = @Version + 1
            WHERE name = @Name AND version = @Version
            """, row);
        return updated == 1 ? null : ClaimFailure.Conflict($"The resource {row.Name} was changed by somebody else.");
    }

    /// <summary>Deletes, unless an entitlement or a workflow names it: they would come alive again for whoever
    /// registered its URI next.</summary>
    public static async Task<ClaimFailure?> DeleteAsync(StoreTransaction tx, ResourceRow row)
    {
        tx.RegistryChanged = true;
        var deleted = await tx.ExecuteAsync("DELETE FROM resource WHERE name = @Name", new { row.Name });
        if (deleted == 0) return ClaimFailure.NotFound("resource");
        if (await IdentityStore.AnyEntitledAtAsync(tx, row.Uri) is { } identity)
            return new ClaimFailure("in_use", $"The identity {identity} is entitled to it.");
        return await WorkflowStore.AnyAtAsync(tx, row.Uri) is { } workflow
            ? new ClaimFailure("in_use", $"The workflow {workflow} allows it.")
            : null;
    }

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, ResourceRow row)
    {
        tx.RegistryChanged = true;
        var inserted = await tx.ExecuteAsync("""
            INSERT INTO resource (name, uri, owner, team, classification, actions, purposes, created_at, version)
            VALUES (@Name, @Uri, @Owner, @Team, @Classification, @Actions, @Purposes, @CreatedAt, @Version)
            ON CONFLICT DO NOTHING
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
    /// <summary>The purposes that it may be used for, as a JSON array; empty: any.</summary>
    public string Purposes { get; init; } = "[]";
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
