using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Writ.Server.Storage;

/// <summary>
/// One statement of the append path, prepared at its first use on the writing connection and stepped directly: the
/// provider's command, reader and parameters cost more than the statement itself. Used by whoever holds the writer's
/// gate.
/// </summary>
internal sealed class SqliteStatement(SqliteConnection writer, string sql) : IDisposable
{
    private readonly sqlite3 _connection = writer.Handle!;
    private sqlite3_stmt? _prepared; // owner: whoever holds the writer's gate

    /// <summary>Runs it; answers how many rows it changed.</summary>
    public int Execute(params ReadOnlySpan<object?> values)
    {
        try
        {
            Bind(values);
            while (Step()) { }
            return raw.sqlite3_changes(_connection);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>The first column of the first row, a number; null where there is no row.</summary>
    public long? Scalar(params ReadOnlySpan<object?> values)
    {
        try
        {
            Bind(values);
            return Step() ? raw.sqlite3_column_int64(_prepared, 0) : null;
        }
        finally
        {
            Reset();
        }
    }

    public void Dispose() => _prepared?.Dispose();

    private sqlite3_stmt Prepare()
    {
        Check(raw.sqlite3_prepare_v3(_connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out var statement));
        return statement;
    }

    private void Bind(ReadOnlySpan<object?> values)
    {
        var statement = _prepared ??= Prepare();
        for (var i = 0; i < values.Length; i++)
            Check(values[i] switch
            {
                null => raw.sqlite3_bind_null(statement, i + 1),
                long number => raw.sqlite3_bind_int64(statement, i + 1, number),
                int number => raw.sqlite3_bind_int64(statement, i + 1, number),
                bool flag => raw.sqlite3_bind_int64(statement, i + 1, flag ? 1 : 0),
                string text => raw.sqlite3_bind_text(statement, i + 1, text),
                byte[] bytes => raw.sqlite3_bind_blob(statement, i + 1, bytes),
                var other => throw new InvalidCastException($"No column holds a {other.GetType().Name}."),
            });
    }

    private bool Step()
    {
        var code = raw.sqlite3_step(_prepared);
        if (code is raw.SQLITE_ROW) return true;
        if (code is not raw.SQLITE_DONE) Check(code);
        return false;
    }

    // Its answer repeats the failure of the step, which was thrown already.
    private void Reset()
    {
        if (_prepared is not null) _ = raw.sqlite3_reset(_prepared);
    }

    private void Check(int code)
    {
        if (code is not raw.SQLITE_OK) SqliteException.ThrowExceptionForRC(code, _connection);
    }
}
