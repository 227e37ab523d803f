namespace Writ.Server.Storage;

/// <summary>Legal holds: what of the log must not be erased, whoever wants it to go. Rows and SQL.</summary>
public sealed class HoldStore(Database database)
{
    /// <summary>Holds in force at once: each is asked about each record that might go.</summary>
    internal const int MostInForce = 256;

    private static readonly ClaimFailure TooMany =
        new("too_many_holds", $"{MostInForce} legal holds are in force: release one first.");

    public Task<HoldRow?> FindAsync(string id, CancellationToken cancel = default) =>
        database.FirstAsync<HoldRow>("SELECT * FROM hold WHERE id = @id", new { id }, cancel);

    /// <summary>The newest first.</summary>
    public Task<IReadOnlyList<HoldRow>> ListAsync(HoldFilter filter, CancellationToken cancel = default) =>
        database.QueryAsync<HoldRow>($"""
            SELECT * FROM hold WHERE TRUE {(filter.InForce ? "AND released_at IS NULL" : "")}
              {(filter.After is null ? "" : "AND id < @After")} ORDER BY id DESC LIMIT @Limit
            """, filter, cancel);

    /// <summary>All that hold now. One whose time is over holds until its end is recorded.</summary>
    public Task<IReadOnlyList<HoldRow>> InForceAsync(CancellationToken cancel = default) =>
        database.QueryAsync<HoldRow>(InForce, null, cancel);

    /// <summary>The same, as of the transaction; whoever sets or releases one waits for its end.</summary>
    internal static Task<IReadOnlyList<HoldRow>> InForceAsync(StoreTransaction tx) => tx.QueryAsync<HoldRow>(InForce);

    private const string InForce = "SELECT * FROM hold WHERE released_at IS NULL ORDER BY id";

    public static async Task<ClaimFailure?> InsertAsync(StoreTransaction tx, HoldRow row)
    {
        if (await tx.ScalarAsync<long>("SELECT COUNT(*) FROM hold WHERE released_at IS NULL") >= MostInForce)
            return TooMany;
        await tx.ExecuteAsync("""
            INSERT INTO hold (id, by_whom, at, because, who, task, kind, from_at, to_at, until)
            VALUES (@Id, @ByWhom, @At, @Because, @Who, @Task, @Kind, @FromAt, @ToAt, @Until)
            """, row);
        return null;
    }

    /// <summary>What it held may go from now on, also what retention has passed by meanwhile.</summary>
    public static async Task<ClaimFailure?> ReleaseAsync(StoreTransaction tx, string id, string by, string because)
    {
        var released = await tx.ExecuteAsync("""
            UPDATE hold SET released_at = @Now, released_by = @by, release_because = @because
            WHERE id = @id AND released_at IS NULL
            """, new { id, by, because, tx.Now });
        if (released == 0) return ClaimFailure.Conflict("The hold was released before.");
        await ErasureStore.BeginAgainAsync(tx);
        return null;
    }
}

/// <summary>Which holds.</summary>
public sealed record HoldFilter(bool InForce, string? After, int Limit);

/// <summary>A legal hold.</summary>
public sealed record HoldRow : RecordSelection
{
    public required string Id { get; init; }
    public required string ByWhom { get; init; }
    public required long At { get; init; }
    public required string Because { get; init; }
    /// <summary>When it ends by itself, microseconds; null: when it is released.</summary>
    public long? Until { get; init; }
    public long? ReleasedAt { get; init; }
    public string? ReleasedBy { get; init; }
    public string? ReleaseBecause { get; init; }

    /// <summary>Whether these are the same holds, in the order of their ids.</summary>
    internal static bool AreSame(IReadOnlyList<HoldRow> some, IReadOnlyList<HoldRow> others) =>
        some.Select(h => h.Id).SequenceEqual(others.Select(h => h.Id), StringComparer.Ordinal);
}
