namespace Writ.Server.Storage;

/// <summary>Risk signals: rows and SQL.</summary>
public sealed class RiskSignalStore(Database database)
{
    /// <summary>The most that are kept of one identity, the worst: a flood of signals is no flood of work.</summary>
    private const int Most = 100;

    /// <summary>The signals about an identity; some may have ended.</summary>
    public Task<IReadOnlyList<RiskSignalRow>> OfAsync(string identity, CancellationToken cancel = default) =>
        database.QueryAsync<RiskSignalRow>(
            "SELECT * FROM risk_signal WHERE identity = @identity ORDER BY id", new { identity }, cancel);

    /// <summary>The live signals about any of these.</summary>
    public async Task<IReadOnlyList<RiskSignalRow>> LiveAsync(
        IReadOnlyList<string> those, long now, CancellationToken cancel = default)
    {
        var found = new List<RiskSignalRow>();
        foreach (var some in those.Chunk(500))
        {
            var (list, parameters) = ValueList.Of(some);
            parameters.Add("now", now);
            found.AddRange(await database.QueryAsync<RiskSignalRow>(
                $"SELECT * FROM risk_signal WHERE identity IN {list} AND expires_at > @now ORDER BY id",
                parameters, cancel));
        }
        return found;
    }

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, RiskSignalRow row)
    {
        tx.RegistryChanged = true;
        await tx.ExecuteAsync(
            "DELETE FROM risk_signal WHERE identity = @Identity AND expires_at <= @Now", new { row.Identity, tx.Now });
        await tx.ExecuteAsync("""
            INSERT INTO risk_signal (id, identity, name, score, source, at, expires_at)
            VALUES (@Id, @Identity, @Name, @Score, @Source, @At, @ExpiresAt)
            """, row);
        await tx.ExecuteAsync("""
            DELETE FROM risk_signal WHERE id IN (
              SELECT id FROM risk_signal WHERE identity = @Identity ORDER BY score DESC, id LIMIT 1000 OFFSET @Most)
            """, new { row.Identity, Most });
        return null;
    }

    /// <summary>Ends the signals of a name about an identity, of one source or, where that is empty, of all.</summary>
    public static Task<int> EndAsync(StoreTransaction tx, string identity, string name, string source)
    {
        tx.RegistryChanged = true;
        return tx.ExecuteAsync("""
            UPDATE risk_signal SET expires_at = @now WHERE identity = @identity AND name = @name AND expires_at > @now
              AND @source IN ('', source)
            """, new { identity, name, source, now = tx.Now });
    }

    /// <summary>Drops those that have ended.</summary>
    public static Task<int> PruneAsync(StoreTransaction tx) => tx.ExecuteAsync(
        "DELETE FROM risk_signal WHERE expires_at <= @Now", new { tx.Now });
}

/// <summary>A risk observation about an identity.</summary>
public sealed record RiskSignalRow
{
    public required string Id { get; init; }
    public required string Identity { get; init; }
    public required string Name { get; init; }
    public required long Score { get; init; }
    public required string Source { get; init; }
    public required long At { get; init; }
    public required long ExpiresAt { get; init; }
}
