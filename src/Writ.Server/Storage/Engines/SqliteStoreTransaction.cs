using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Writ.Server.Storage;

/// <summary>SQLite's form of the append path: prepared statements, one row at a time, no round trips to save.</summary>
internal sealed class SqliteStoreTransaction(
    SqliteConnection connection, SqliteTransaction transaction, SqliteStatements statements, TimeProvider time)
    : StoreTransaction(connection, transaction, time)
{
    internal override string ForUpdate => ""; // there is one writer

    internal override string ForShare => "";

    internal override Task LockSchemaAsync() => Task.CompletedTask; // the write transaction is the lock

    internal override Task<bool[]> InsertOnceAsync(IReadOnlyList<Claim.Once> values)
    {
        var taken = new bool[values.Count];
        for (var i = 0; i < taken.Length; i++)
        {
            var (minute, hash) = (values[i].Minute, values[i].Hash);
            taken[i] = SqliteStatements.Bind(statements.Once, transaction, minute, hash).ExecuteNonQuery() == 1;
        }
        return Task.FromResult(taken);
    }

    internal override Task<HashSet<string>> OpenTasksAsync(IReadOnlyCollection<string> ids)
    {
        var open = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in ids)
            if (SqliteStatements.Bind(statements.TaskOpen, transaction, id, Now).ExecuteScalar() is not null)
                open.Add(id);
        return Task.FromResult(open);
    }

    internal override Task<Dictionary<string, long>> PrincipalVersionsAsync(IReadOnlyCollection<string> ids)
    {
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var id in ids)
            if (SqliteStatements.Bind(statements.Principal, transaction, id, Now).ExecuteScalar() is long version)
                versions[id] = version;
        return Task.FromResult(versions);
    }

    internal override async Task InsertTasksAsync(IReadOnlyList<TaskRow> tasks) =>
        await ExecuteAsync(TaskStore.InsertSql, tasks);

    internal override Task<long> InsertRecordsAsync(IReadOnlyList<ReadOnlyMemory<byte>> bodies)
    {
        var next = (long)SqliteStatements.Bind(statements.Head, transaction, bodies.Count).ExecuteScalar()!;
        var first = next - bodies.Count;
        for (var i = 0; i < bodies.Count; i++)
            SqliteStatements.Bind(statements.Record, transaction, first + i, ArrayOf(bodies[i])).ExecuteNonQuery();
        return Task.FromResult(first);
    }

    internal override Task AnnounceAsync() => Task.CompletedTask; // there is no other replica

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Array is { } array
            && segment.Offset == 0 && segment.Count == array.Length
            ? array
            : memory.ToArray();
}

/// <summary>The prepared statements of the append path on SQLite's one writing connection.</summary>
internal sealed class SqliteStatements : IDisposable
{
    private readonly List<SqliteCommand> _all = [];

    public SqliteStatements(SqliteConnection writer)
    {
        Once = Make(writer, "INSERT OR IGNORE INTO replay (minute, hash) VALUES ($a, $b)", 2);
        TaskOpen = Make(writer, "SELECT 1 FROM task WHERE id = $a AND status = 'open' AND deadline > $b", 2);
        Principal = Make(writer, """
            SELECT version FROM identity WHERE id = $a AND status = 'active' AND expires_at > $b
            UNION ALL SELECT version FROM operator WHERE id = $a AND status = 'active'
            """, 2);
        Head = Make(writer, "UPDATE log_head SET next = next + $a WHERE id = 1 RETURNING next", 1);
        Record = Make(writer, "INSERT INTO record (idx, body) VALUES ($a, $b)", 2);
    }

    public SqliteCommand Once { get; }
    public SqliteCommand TaskOpen { get; }
    public SqliteCommand Principal { get; }
    public SqliteCommand Head { get; }
    public SqliteCommand Record { get; }

    public static SqliteCommand Bind(SqliteCommand command, SqliteTransaction transaction, object a, object? b = null)
    {
        command.Transaction = transaction;
        command.Parameters[0].Value = a;
        if (b is not null) command.Parameters[1].Value = b;
        return command;
    }

    public void Dispose()
    {
        foreach (var command in _all) command.Dispose();
    }

    private SqliteCommand Make(SqliteConnection writer, string sql, int parameters)
    {
        var command = writer.CreateCommand();
        // The text is one of the constants above.
#pragma warning disable CA2100
        command.CommandText = sql;
#pragma warning restore CA2100
        for (var i = 0; i < parameters; i++) command.Parameters.Add(new SqliteParameter(i == 0 ? "$a" : "$b", null));
        _all.Add(command);
        return command;
    }
}
