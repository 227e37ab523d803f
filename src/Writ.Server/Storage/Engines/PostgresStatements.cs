using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Writ.Server.Storage;

/// <summary>The statements and parameters of the append path that both its ways on PostgreSQL use.</summary>
internal static class PostgresStatements
{
    public static NpgsqlBatchCommand InsertTasks(IReadOnlyList<TaskRow> tasks) =>
        new("INSERT INTO task SELECT * FROM jsonb_populate_recordset(NULL::task, $1)")
        {
            Parameters =
            {
                new NpgsqlParameter
                {
                    Value = JsonSerializer.Serialize(tasks, TaskStore.ColumnNames),
                    NpgsqlDbType = NpgsqlDbType.Jsonb,
                },
            },
        };

    /// <summary>Takes the next dense indexes; answers the first of them.</summary>
    public static NpgsqlBatchCommand InsertRecords(IReadOnlyList<RecordBytes> records) =>
        new("""
            WITH head AS (UPDATE log_head SET next = next + $1 WHERE id = 1 RETURNING next - $1 AS first),
                 rows AS (INSERT INTO record (idx, body, detail)
                          SELECT head.first + v.n - 1, v.core, v.detail
                          FROM head, unnest($2, $3) WITH ORDINALITY AS v (core, detail, n))
            SELECT first FROM head
            """)
        {
            Parameters =
            {
                Long(records.Count),
                Array(NpgsqlDbType.Bytea, records.Select(r => r.Core)),
                Array(NpgsqlDbType.Bytea, records.Select(r => r.Detail)),
            },
        };

    public static NpgsqlParameter Long(long value) => new NpgsqlParameter<long> { TypedValue = value };

    public static NpgsqlParameter Array<T>(NpgsqlDbType type, IEnumerable<T> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type };
}
