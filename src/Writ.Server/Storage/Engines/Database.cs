using System.Data.Common;
using System.Diagnostics;
using Dapper;

namespace Writ.Server.Storage;

/// <summary>
/// The store: SQLite or PostgreSQL. Queries are shared SQL in the stores beside this file; what differs (types, bulk
/// insert, locks, notification) lies in the two subclasses and their transactions.
/// </summary>
public abstract class Database : IAsyncDisposable
{
    static Database() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>A connection for reading, to be disposed by the caller.</summary>
    public abstract ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default);

    /// <summary>
    /// A connection that waits for nobody: outside the pool, meant for blocking calls on a thread of its owner's own.
    /// What hangs fails it within seconds, by the engine's own time limits.
    /// </summary>
    public abstract DbConnection OpenApart();

    /// <summary>
    /// Runs work in one write transaction and commits it. For the road of audit records and for upkeep.
    /// </summary>
    public abstract Task<T> WriteAsync<T>(Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default);

    /// <summary>As OpenTelemetry's conventions name the engine.</summary>
    protected virtual string EngineName => "other_sql";

    /// <summary>Writes a batch of audit records with their claims in one transaction.</summary>
    internal virtual Task<AppendResult> AppendAsync(IReadOnlyList<AppendEntry> entries) =>
        WriteAsync(tx => AppendBatch.RunAsync(tx, entries));

    /// <summary>The same with the lock of the log taken before it is said what to write: until then, which is bounded
    /// by whoever says it, no replica writes anything to the log (docs/decisions/0023).</summary>
    internal Task<AppendResult> AppendHeldAsync(Func<Task<IReadOnlyList<AppendEntry>>> gather) => WriteAsync(async tx =>
    {
        await tx.HoldLogAsync();
        var entries = await gather();
        return entries.Count == 0 ? AppendResult.Nothing : await AppendBatch.RunAsync(tx, entries);
    });

    /// <summary>
    /// Takes a cluster-wide lease for upkeep that must happen once; null when another replica holds it. Costs a durable
    /// write where there are replicas: ask first whether there is anything to do.
    /// </summary>
    public abstract Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default);

    /// <summary>Called behind an erasure: takes what the engine keeps of earlier states out of its files, as far as it
    /// can.</summary>
    public virtual Task ScrubAsync(CancellationToken cancel = default) => Task.CompletedTask;

    /// <summary>Completes when another replica has announced a change, or never where there is no other.</summary>
    public abstract Task ChangedAsync(CancellationToken cancel);

    /// <summary>A statement with the engine's words for what differs; null where it is not for this engine.</summary>
    protected abstract string? Ddl(string sharedDdl);

    /// <summary>Whether an exception says that the store is full, away or refusing: answered with 503.</summary>
    public static bool IsUnavailable(Exception e) =>
        e is DbException or TimeoutException or IOException
            or InvalidOperationException { InnerException: DbException };

    /// <summary>Creates what is missing. Each step runs once, in order, under a lock.</summary>
    public Task MigrateAsync(CancellationToken cancel = default) => MigrateAsync(Schema.Steps.Count, cancel);

    /// <summary>The same up to a step: a store as an older build left it.</summary>
    internal async Task MigrateAsync(int steps, CancellationToken cancel = default)
    {
        await WriteAsync(async tx =>
        {
            // First of all: IF NOT EXISTS is no lock, and of two that create a table at once one fails.
            await tx.LockSchemaAsync();
            await tx.ExecuteAsync(Ddl("CREATE TABLE IF NOT EXISTS schema_step (n {int} PRIMARY KEY)")!);
            var done = await tx.ScalarAsync<long?>("SELECT MAX(n) FROM schema_step") ?? 0;
            for (var n = (int)done; n < steps; n++)
            {
                foreach (var statement in Schema.Steps[n])
                    if (Ddl(statement) is { } ddl) await tx.ExecuteAsync(ddl);
                await tx.ExecuteAsync("INSERT INTO schema_step (n) VALUES (@n)", new { n = n + 1 });
            }
            return 0;
        }, cancel);
    }

    /// <summary>Reads rows on a connection of its own.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(
        string sql, object? parameters = null, CancellationToken cancel = default)
    {
        using var span = StoreSpan.Start(EngineName, sql);
        await using var connection = await OpenAsync(cancel);
        var rows = await connection.QueryAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancel));
        return rows.AsList();
    }

    /// <summary>Reads at most one row on a connection of its own.</summary>
    public async Task<T?> FirstAsync<T>(string sql, object? parameters = null, CancellationToken cancel = default)
    {
        using var span = StoreSpan.Start(EngineName, sql);
        await using var connection = await OpenAsync(cancel);
        return await connection.QueryFirstOrDefaultAsync<T>(
            new CommandDefinition(sql, parameters, cancellationToken: cancel));
    }

    public abstract ValueTask DisposeAsync();
}

/// <summary>Work at the store as a span below the current one, by the conventions for database clients: which engine,
/// what kind of statement on which table. What the store is looked at for in the background leaves none.</summary>
internal static class StoreSpan
{
    /// <summary>Begins one, to be disposed in the same asynchronous method; null: nobody listens.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="sql">A statement of ours; null: a transaction that writes.</param>
    public static Activity? Start(string engine, string? sql = null)
    {
        if (Activity.Current is not { IsAllDataRequested: true } above) return null;
        if (sql is not null && above.Kind != ActivityKind.Server && above.ParentSpanId == default) return null;
        var summary = sql is null ? "WRITE" : Summary(sql);
        var span = above.Source.StartActivity(summary, ActivityKind.Client);
        return span?.SetTag("db.system.name", engine).SetTag("db.query.summary", summary);
    }

    /// <summary>The verb and the first table: <c>SELECT identity</c>.</summary>
    private static string Summary(string sql)
    {
        var words = sql.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var place = Array.FindIndex(words, w => w is "FROM" or "INTO" or "UPDATE") + 1;
        return place > 0 && place < words.Length && words[place].All(c => char.IsAsciiLetterLower(c) || c == '_')
            ? $"{words[0]} {words[place]}"
            : words[0];
    }
}
