using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Writ.Bench.Tokens;

/// <summary>
/// Fills a broker's store by SQL: who the bench is, and a past of many tokens with their records, index rows, replay
/// rows and tasks. Both engines take the same statements, in batches of many rows.
/// </summary>
internal sealed class BenchStore(string engine, string connectionString)
{
    private const int Step = 500;
    private const long Begun = 1700000000000000;
    private const long Ended = 1700000900000000;

    public string Engine => engine;

    public async Task SeedAsync(IReadOnlyList<Agent> agents)
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        const long ever = 4102444800000000;
        const string authority =
            """[{"type":"writ_access","actions":["orders:read","orders:list"],"locations":["https://orders.example"]}]""";
        await RunAsync(connection, $"""
            INSERT INTO resource (name, uri, owner, team, classification, actions, created_at, version)
            VALUES ('orders', 'https://orders.example', 'o', 't', 'internal', 'orders:list orders:read', 0, 1)
            """);
        await RunAsync(connection, $"""
            INSERT INTO workflow
              (name, owner, team, agents, starters, purposes, authority,
               max_task_seconds, max_depth, created_at, version)
            VALUES
              ('bench', 'o', 't', '{string.Join(' ', agents.Select(a => a.Id))}', '', '[]', '{authority}',
               28800, 8, 0, 1)
            """);
        foreach (var agent in agents)
        {
            var (id, key, print) = (agent.Id, agent.Jwk.Thumbprint, agent.CertificateThumbprint);
            await RunAsync(connection, $"""
                INSERT INTO identity
                  (id, kind, owner, team, purpose, status, clearance, labels, entitlements, implicit_task, bearer,
                   created_at, expires_at, version)
                VALUES
                  ('{id}', 'agent', 'o', 't', 'bench', 'active', 'restricted', '[]', '{authority}', {True}, {True},
                   0, {ever}, 1)
                """);
            await RunAsync(connection, $"""
                INSERT INTO principal_key
                  (id, principal, kind, material, thumbprint, not_before, expires_at, created_at)
                VALUES
                  ('key_{key}', '{id}', 'jwk', '{agent.Jwk.ToJson()}', '{key}', 0, {ever}, 0),
                  ('key_{print}', '{id}', 'certificate', '', '{print}', 0, {ever}, 0)
                """);
            var deadline = TimeProvider.System.GetUtcNow().AddHours(7).ToUnixTimeMilliseconds() * 1000;
            await RunAsync(connection, $"""
                INSERT INTO task
                  (id, workflow, agent, ancestors, purpose, authority, status, implicit, opened_by, opened_at, deadline)
                VALUES
                  ('{TaskOf(agent)}', 'bench', '{id}', '', 'bench', '{authority}', 'open', {False}, '{id}', 0,
                   {deadline})
                """);
        }
        await RunAsync(connection, "UPDATE registry_version SET version = version + 1 WHERE id = 1");
        await transaction.CommitAsync();
    }

    public static string TaskOf(Agent agent) => "task_bench_" + agent.Jwk.Thumbprint;

    /// <summary>Adds a past of this many tokens.</summary>
    public async Task FillAsync(int tokens)
    {
        await using var connection = await OpenAsync();
        for (var done = 0; done < tokens; done += 20_000)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            var first = await HeadAsync(connection, Math.Min(20_000, tokens - done));
            for (var at = 0; at < 20_000 && done + at < tokens; at += Step)
                await FillStepAsync(connection, first + at, Math.Min(Step, tokens - done - at));
            await transaction.CommitAsync();
        }
        await RunAsync(connection, engine == "sqlite" ? "PRAGMA wal_checkpoint(TRUNCATE)" : "ANALYZE");
    }

    private async Task FillStepAsync(DbConnection connection, long first, int count)
    {
        var records = new StringBuilder("INSERT INTO record (idx, body) VALUES ");
        var index = new StringBuilder(
            """
            INSERT INTO record_index
              (idx, at, kind, outcome, decision_id, subject, actor, task, jti, expires_at)
            VALUES
            """);
        // On SQLite as many values to a row as a broker under load writes.
        var batches = engine == "sqlite";
        var replays = new StringBuilder(
            batches
                ? "INSERT INTO replay_batch (minute, n, hashes) VALUES "
                : "INSERT INTO replay (minute, hash) VALUES ");
        var tasks = new StringBuilder(
            """
            INSERT INTO task
              (id, workflow, agent, ancestors, purpose, authority, status, implicit, opened_by, opened_at, deadline,
               ended_at)
            VALUES
            """);
        // Not to be pruned while we measure.
        var minute = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() / 60) + 60;
        for (var i = 0; i < count; i++)
        {
            var n = (first + i).ToString("D26", CultureInfo.InvariantCulture);
            var agent = "spiffe://bench.example/agent/past" + i.ToString(CultureInfo.InvariantCulture);
            var body = $$"""{"actor":"{{agent}}","at":{{Begun}},"decision_id":"dec_{{n}}","expires_at":{{Ended}},"grant":"{{n}}{{n}}","jti":"at_{{n}}","kind":"token.issue","outcome":"allow","request_id":"{{n}}","subject":"{{agent}}","task":"task_{{n}}","v":1}""";
            var comma = i == 0 ? "" : ",";
            var culture = CultureInfo.InvariantCulture;
            records.Append(comma).Append(culture, $"({first + i},{Hex(Encoding.UTF8.GetBytes(body))})");
            index.Append(comma).Append(culture, $"({first + i},{Begun},'token.issue','allow','dec_{n}',")
                .Append(culture, $"'{agent}','{agent}','task_{n}','at_{n}',{Ended})");
            if (!batches)
                replays.Append(comma)
                    .Append(culture, $"({minute + (i % 30)},{Fresh(32)}),({minute + (i % 30)},{Fresh(32)})");
            else if (i % 8 == 0)
                replays.Append(comma).Append(culture, $"({minute + (i % 30)},{first + i},{Fresh(8 * 2 * 16)})");
            tasks.Append(comma).Append(culture, $"('task_{n}','implicit','{agent}','','implicit','[]','expired',")
                .Append(culture, $"{True},'x',0,{Ended},{Ended})");
        }
        await RunAsync(connection, records.ToString());
        await RunAsync(connection, index.ToString());
        await RunAsync(connection, replays.ToString());
        await RunAsync(connection, tasks.ToString());
    }

    private static async Task<long> HeadAsync(DbConnection connection, int count)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture, $"UPDATE log_head SET next = next + {count} WHERE id = 1 RETURNING next");
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) - count;
    }

    /// <summary>The engine's word for yes.</summary>
    public string True => engine == "sqlite" ? "1" : "true";

    private string False => engine == "sqlite" ? "0" : "false";

    private string Hex(byte[] bytes) =>
        engine == "sqlite" ? $"x'{Convert.ToHexString(bytes)}'" : $"'\\x{Convert.ToHexString(bytes)}'";

    private string Fresh(int bytes) => Hex(RandomNumberGenerator.GetBytes(bytes));

    private async Task<DbConnection> OpenAsync()
    {
        DbConnection connection = engine == "sqlite"
            ? new SqliteConnection($"Data Source={connectionString};Default Timeout=30")
            : new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Runs statements, and lets the broker see that the registry changed.</summary>
    public async Task RunAsync(IEnumerable<string> statements)
    {
        await using var connection = await OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var sql in statements) await RunAsync(connection, sql);
        await RunAsync(connection, "UPDATE registry_version SET version = version + 1 WHERE id = 1");
        await transaction.CommitAsync();
    }

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        // Numbers and ids of the bench's own making.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }
}
