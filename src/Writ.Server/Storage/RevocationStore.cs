using System.Data.Common;
using Dapper;

namespace Writ.Server.Storage;

/// <summary>Revocations: rows and SQL. Rows are written by the append path, with the index of their record.</summary>
public sealed class RevocationStore(Database database)
{
    private const string SinceSql =
        "SELECT * FROM revocation WHERE idx >= @index AND matters_until > @now ORDER BY idx, n";

    /// <summary>The revocations from this index on that still matter, in order: all, or the first so many.</summary>
    public Task<IReadOnlyList<RevocationRow>> SinceAsync(
        long index, long now, int most = int.MaxValue, CancellationToken cancel = default) =>
        database.QueryAsync<RevocationRow>($"{SinceSql} LIMIT @most", new { index, now, most }, cancel);

    /// <summary>All of them, in a blocking call on that connection.</summary>
    public static IReadOnlyList<RevocationRow> Since(DbConnection connection, long index, long now) =>
        connection.Query<RevocationRow>(SinceSql, new { index, now }).AsList();

    public static Task<int> PruneAsync(StoreTransaction tx) =>
        tx.ExecuteAsync("DELETE FROM revocation WHERE matters_until < @now", new { now = tx.Now });
}

/// <summary>Kills every token that carries the handle and was issued at or before <see cref="IssuedBefore"/>.</summary>
public sealed record RevocationRow
{
    public long Idx { get; init; }
    public int N { get; init; }
    public required string Kind { get; init; }
    public required string Value { get; init; }
    public required long IssuedBefore { get; init; }
    public required long MattersUntil { get; init; }
    public required string Reason { get; init; }
    /// <summary>It stands in the store already, and is only said again where somebody waits to hear it.</summary>
    public bool IsKnown { get; init; }
}
