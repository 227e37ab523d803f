using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Writ.Server.Storage;

/// <summary>PostgreSQL's form of the append path: one statement, one round trip for a whole batch.</summary>
internal sealed class PostgresStoreTransaction(
    NpgsqlConnection connection, NpgsqlTransaction transaction, TimeProvider time)
    : StoreTransaction(connection, transaction, time)
{
    internal override string ForUpdate => " FOR UPDATE";

    internal override string ForShare => " FOR SHARE";

    internal override Task LockSchemaAsync() => ExecuteAsync("SELECT pg_advisory_xact_lock(5717423)");

    internal override async Task<bool[]> InsertOnceAsync(IReadOnlyList<Claim.Once> values)
    {
        await using var command = Command("""
            INSERT INTO replay (minute, hash) SELECT m, h FROM unnest($1, $2) AS v (m, h)
            ON CONFLICT DO NOTHING RETURNING hash
            """);
        command.Parameters.Add(Array(NpgsqlDbType.Bigint, values.Select(v => v.Minute).ToArray()));
        command.Parameters.Add(Array(NpgsqlDbType.Bytea, values.Select(v => v.Hash).ToArray()));
        var inserted = new HashSet<string>(StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                inserted.Add(Convert.ToHexString(reader.GetFieldValue<byte[]>(0)));
        // Remove: of two equal values in one batch, only the first has taken it.
        return [.. values.Select(v => inserted.Remove(Convert.ToHexString(v.Hash)))];
    }

    internal override async Task<HashSet<string>> OpenTasksAsync(IReadOnlyCollection<string> ids)
    {
        await using var command = Command(
            "SELECT id FROM task WHERE id = ANY($1) AND status = 'open' AND deadline > $2");
        command.Parameters.Add(Array(NpgsqlDbType.Text, ids.ToArray()));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Now });
        var open = new HashSet<string>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) open.Add(reader.GetString(0));
        return open;
    }

    internal override async Task<Dictionary<string, long>> PrincipalVersionsAsync(IReadOnlyCollection<string> ids)
    {
        await using var command = Command("""
            SELECT id, version FROM identity WHERE id = ANY($1) AND status = 'active' AND expires_at > $2
            UNION ALL SELECT id, version FROM operator WHERE id = ANY($1) AND status = 'active'
            """);
        command.Parameters.Add(Array(NpgsqlDbType.Text, ids.ToArray()));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = Now });
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync()) versions[reader.GetString(0)] = reader.GetInt64(1);
        return versions;
    }

    internal override async Task InsertTasksAsync(IReadOnlyList<TaskRow> tasks)
    {
        await using var command = Command(
            $"INSERT INTO task SELECT * FROM jsonb_populate_recordset(NULL::task, $1)");
        var json = JsonSerializer.Serialize(tasks, TaskStore.ColumnNames);
        command.Parameters.Add(new NpgsqlParameter { Value = json, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync();
    }

    internal override async Task<long> InsertRecordsAsync(IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        await using var command = Command("""
            WITH head AS (UPDATE log_head SET next = next + $1 WHERE id = 1 RETURNING next - $1 AS first),
                 rows AS (INSERT INTO record (idx, body)
                          SELECT head.first + v.n - 1, v.body FROM head, unnest($2) WITH ORDINALITY AS v (body, n))
            SELECT first FROM head
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = bodies.Count });
        command.Parameters.Add(Array(NpgsqlDbType.Bytea, bodies.Select(b => b.ToArray()).ToArray()));
        return (long)(await command.ExecuteScalarAsync())!;
    }

    internal override Task AnnounceAsync() => ExecuteAsync($"NOTIFY {PostgresDatabase.Channel}");

    private NpgsqlCommand Command(string sql)
    {
        // The texts are the constants of this file.
#pragma warning disable CA2100
        return new NpgsqlCommand(sql, connection, transaction);
#pragma warning restore CA2100
    }

    private static NpgsqlParameter Array<T>(NpgsqlDbType type, T[] values) =>
        new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type };
}
