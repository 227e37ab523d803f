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
        command.Parameters.Add(PostgresStatements.Array(NpgsqlDbType.Bigint, values.Select(v => v.Minute)));
        command.Parameters.Add(PostgresStatements.Array(NpgsqlDbType.Bytea, values.Select(v => v.Hash)));
        var inserted = new HashSet<string>(StringComparer.Ordinal);
        await using (var reader = await command.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                inserted.Add(Convert.ToHexString(reader.GetFieldValue<byte[]>(0)));
        // Remove: of two equal values in one batch, only the first has taken it.
        return [.. values.Select(v => inserted.Remove(Convert.ToHexString(v.Hash)))];
    }

    internal override Task<int> DropOnceAsync(long minute, int step) => ExecuteAsync("""
        DELETE FROM replay WHERE (minute, hash) IN (
          SELECT minute, hash FROM replay WHERE minute < @minute ORDER BY minute LIMIT @step)
        """, new { minute, step });

    internal override async Task<HashSet<string>> OpenTasksAsync(IReadOnlyCollection<string> ids)
    {
        await using var command = Command(OpenTasks);
        command.Parameters.Add(PostgresStatements.Array(NpgsqlDbType.Text, ids));
        command.Parameters.Add(PostgresStatements.Long(Now));
        await using var reader = await command.ExecuteReaderAsync();
        return await IdsAsync(reader);
    }

    /// <summary>
    /// One round trip. Each statement of it sees what was committed when it begins (READ COMMITTED): those behind the
    /// first see everything that any replica has written to the log.
    /// </summary>
    internal override async Task<ClaimFacts> LockLogAsync(ClaimSubjects subjects)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT 1 FROM log_head WHERE id = 1 FOR UPDATE"));
        var now = PostgresStatements.Long(Now);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            SELECT id, version FROM identity WHERE id = ANY($1) AND status = 'active' AND expires_at > $2
            UNION ALL SELECT id, version FROM operator WHERE id = ANY($1) AND status = 'active'
            """)
        {
            Parameters = { PostgresStatements.Array(NpgsqlDbType.Text, subjects.Principals), now },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("SELECT version FROM registry_version WHERE id = 1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(OpenTasks)
        {
            Parameters = { PostgresStatements.Array(NpgsqlDbType.Text, subjects.Tasks), now.Clone() },
        });
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await reader.ReadAsync()) versions[reader.GetString(0)] = reader.GetInt64(1);
        await reader.NextResultAsync();
        var registry = await reader.ReadAsync() ? reader.GetInt64(0) : 0;
        await reader.NextResultAsync();
        return new ClaimFacts(versions, registry, await IdsAsync(reader));
    }

    /// <summary>A replica that stops here (a paused machine) does not stop the others: the server gives the lock back.
    /// </summary>
    internal override Task HoldLogAsync() => ExecuteAsync("""
        SET LOCAL idle_in_transaction_session_timeout = '2s'; SELECT 1 FROM log_head WHERE id = 1 FOR UPDATE
        """);

    private const string OpenTasks = "SELECT id FROM task WHERE id = ANY($1) AND status = 'open' AND deadline > $2";

    private static async Task<HashSet<string>> IdsAsync(NpgsqlDataReader reader)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync()) ids.Add(reader.GetString(0));
        return ids;
    }

    internal override async Task InsertTasksAsync(IReadOnlyList<TaskRow> tasks)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(PostgresStatements.InsertTasks(tasks));
        await batch.ExecuteNonQueryAsync();
    }

    internal override async Task<long> InsertRecordsAsync(IReadOnlyList<RecordBytes> records)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(PostgresStatements.InsertRecords(records));
        return (long)(await batch.ExecuteScalarAsync())!;
    }

    internal override async Task InsertIndexAsync(IReadOnlyList<RecordIndexRow> rows)
    {
        await using var command = Command("""
            INSERT INTO record_index
              (idx, at, kind, outcome, decision_id, subject, actor, task, jti, expires_at, reason, policy, workflow,
               on_behalf_of, approved_by, terms)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
            ON CONFLICT (idx) DO NOTHING
            """);
        void Add<T>(NpgsqlDbType type, Func<RecordIndexRow, T> column) =>
            command.Parameters.Add(PostgresStatements.Array(type, rows.Select(column)));
        Add(NpgsqlDbType.Bigint, r => r.Idx);
        Add(NpgsqlDbType.Bigint, r => r.At);
        Add(NpgsqlDbType.Text, r => r.Kind);
        Add(NpgsqlDbType.Text, r => r.Outcome);
        Add(NpgsqlDbType.Text, r => r.DecisionId);
        Add(NpgsqlDbType.Text, r => r.Subject);
        Add(NpgsqlDbType.Text, r => r.Actor);
        Add(NpgsqlDbType.Text, r => r.Task);
        Add(NpgsqlDbType.Text, r => r.Jti);
        Add(NpgsqlDbType.Bigint, r => r.ExpiresAt);
        Add(NpgsqlDbType.Text, r => r.Reason);
        Add(NpgsqlDbType.Text, r => r.Policy);
        Add(NpgsqlDbType.Text, r => r.Workflow);
        Add(NpgsqlDbType.Text, r => r.OnBehalfOf);
        Add(NpgsqlDbType.Text, r => r.ApprovedBy);
        Add(NpgsqlDbType.Text, r => r.Terms);
        await command.ExecuteNonQueryAsync();
    }

    internal override async Task InsertBlocksAsync(RecordBlocks blocks)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            "INSERT INTO record_block (term, block) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING")
        {
            Parameters =
            {
                PostgresStatements.Array(NpgsqlDbType.Bigint, blocks.Terms.Select(t => t.Term)),
                PostgresStatements.Array(NpgsqlDbType.Bigint, blocks.Terms.Select(t => t.Block)),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            INSERT INTO record_span (block, first_at, last_at) SELECT * FROM unnest($1, $2, $3)
            ON CONFLICT (block) DO UPDATE SET
              first_at = least(record_span.first_at, excluded.first_at),
              last_at = greatest(record_span.last_at, excluded.last_at)
            """)
        {
            Parameters =
            {
                PostgresStatements.Array(NpgsqlDbType.Bigint, blocks.Spans.Select(s => s.Block)),
                PostgresStatements.Array(NpgsqlDbType.Bigint, blocks.Spans.Select(s => s.FirstAt)),
                PostgresStatements.Array(NpgsqlDbType.Bigint, blocks.Spans.Select(s => s.LastAt)),
            },
        });
        await batch.ExecuteNonQueryAsync();
    }

    internal override async Task InsertRevocationsAsync(IReadOnlyList<RevocationRow> rows)
    {
        await using var command = Command("""
            INSERT INTO revocation (idx, n, kind, value, issued_before, matters_until, reason)
            SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7)
            """);
        void Add<T>(NpgsqlDbType type, Func<RevocationRow, T> column) =>
            command.Parameters.Add(PostgresStatements.Array(type, rows.Select(column)));
        Add(NpgsqlDbType.Bigint, r => r.Idx);
        Add(NpgsqlDbType.Bigint, r => (long)r.N);
        Add(NpgsqlDbType.Text, r => r.Kind);
        Add(NpgsqlDbType.Text, r => r.Value);
        Add(NpgsqlDbType.Bigint, r => r.IssuedBefore);
        Add(NpgsqlDbType.Bigint, r => r.MattersUntil);
        Add(NpgsqlDbType.Text, r => r.Reason);
        await command.ExecuteNonQueryAsync();
    }

    internal override Task AnnounceAsync() => ExecuteAsync($"NOTIFY {PostgresDatabase.Channel}");

    private NpgsqlCommand Command(string sql)
    {
        // The texts are the constants of this file.
#pragma warning disable CA2100
        return new NpgsqlCommand(sql, connection, transaction);
#pragma warning restore CA2100
    }
}
