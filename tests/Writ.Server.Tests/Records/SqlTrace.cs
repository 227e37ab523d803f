using System.Collections.Concurrent;
using System.Data.Common;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using SQLitePCL;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Records;

/// <summary>Keeps the text of each statement that a store is asked by its readers, and asks the engine how it goes
/// about them.</summary>
internal sealed class SqlTrace(Database inner, Engine engine) : Database
{
    private readonly ConcurrentDictionary<string, bool> _texts = new(StringComparer.Ordinal);

    /// <summary>Each statement with the engine's own plan of it, one step a line.</summary>
    public async Task<IReadOnlyList<(string Sql, string Plan)>> PlansAsync()
    {
        await using var connection = await inner.OpenAsync();
        var plans = new List<(string, string)>();
        if (engine == Engine.Postgres) // of so few rows it would read them all
            await RowsAsync(connection, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
        foreach (var sql in _texts.Keys)
            plans.Add((sql, string.Join('\n', await (engine == Engine.Postgres
                ? PreparedAsync(connection, sql)
                : RowsAsync(connection, "EXPLAIN QUERY PLAN " + sql)))));
        return plans;
    }

    public override async ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default)
    {
        var connection = await inner.OpenAsync(cancel);
        if (connection is SqliteConnection sqlite)
            raw.sqlite3_trace(sqlite.Handle, (_, text) => _texts[text] = true, null);
        return connection;
    }

    /// <summary>What PostgreSQL's client tells of what it sends.</summary>
    public async Task<IDisposable> ListenAsync()
    {
        await using var connection = await inner.OpenAsync();
        var database = connection.Database; // other tests have others
        var listener = new ActivityListener
        {
            ShouldListenTo = source => engine == Engine.Postgres && source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (!activity.TagObjects.Any(t => t.Value as string == database)) return;
                var text = activity.TagObjects.FirstOrDefault(t => t.Key is "db.query.text" or "db.statement").Value;
                if (text is string sql && sql.Contains("record_", StringComparison.Ordinal)) _texts[sql] = true;
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    public override DbConnection OpenApart() => inner.OpenApart();

    public override Task<T> WriteAsync<T>(
        Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default) => inner.WriteAsync(work, cancel);

    public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
        inner.TryLeaseAsync(name, cancel);

    public override Task ChangedAsync(CancellationToken cancel) => inner.ChangedAsync(cancel);

    protected override string Ddl(string sharedDdl) => sharedDdl;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task<List<string>> PreparedAsync(DbConnection connection, string sql)
    {
        var names = new List<string>();
        sql = Regex.Replace(sql, "@[A-Za-z0-9]+", m =>
        {
            if (!names.Contains(m.Value)) names.Add(m.Value);
            return $"${names.IndexOf(m.Value) + 1}";
        }, RegexOptions.None, TimeSpan.FromSeconds(1));
        var name = $"asked_{Guid.CreateVersion7():N}";
        await RowsAsync(connection, $"PREPARE {name} AS {sql}");
        return await RowsAsync(
            connection,
            $"EXPLAIN EXECUTE {name}{(names.Count == 0 ? "" : $"({string.Join(',', names.Select(_ => "NULL"))})")}");
    }

    private static async Task<List<string>> RowsAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        // What the reader itself had sent.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            lines.Add(reader.GetValue(reader.FieldCount - 1).ToString()!);
        return lines;
    }
}
