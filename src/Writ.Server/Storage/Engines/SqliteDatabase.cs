using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Writ.Server.Storage;

/// <summary>
/// The embedded store: one file, WAL, <c>synchronous=FULL</c>. There is one writer; a gate orders the append path and
/// upkeep, so that nobody polls for the file's lock.
/// </summary>
public sealed class SqliteDatabase : Database
{
    private readonly string _connectionString;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private SqliteConnection? _writer; // owned by whoever holds the gate
    private SqliteStatements? _statements;
    private SqliteReplay? _replay;

    public SqliteDatabase(string path, TimeProvider time)
    {
        _time = time;
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = 10,
        }.ToString();
    }

    public override async ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default)
    {
        var connection = new SqliteConnection(_connectionString);
        await connection.OpenAsync(cancel);
        return connection;
    }

    public override DbConnection OpenApart()
    {
        var connection = new SqliteConnection(_connectionString + ";Pooling=False;Default Timeout=1");
        connection.Open();
        return connection;
    }

    public override async Task<T> WriteAsync<T>(
        Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default)
    {
        using var span = StoreSpan.Start(EngineName);
        await _gate.WaitAsync(cancel);
        try
        {
            var writer = _writer ??= OpenWriter();
            var statements = _statements ??= new SqliteStatements(writer);
            await using var transaction = writer.BeginTransaction(deferred: false);
            var replay = _replay ??= new SqliteReplay(writer, statements);
            var tx = new SqliteStoreTransaction(writer, transaction, statements, replay, _time);
            var result = await work(tx);
            await transaction.CommitAsync(cancel);
            tx.Committed();
            return result;
        }
        catch (Exception e) when (e.GetBaseException() is SqliteException)
        {
            DropWriter(); // its state after a failed commit (a full disk) is not worth guessing at
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    protected override string EngineName => "sqlite";

    public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
        Task.FromResult<Lease?>(OnlyReplica.Instance);

    /// <summary>The write-ahead log holds pages as they were before: into the file with it, and cut it off. Readers
    /// that are at it keep some of it until the next time.</summary>
    public override async Task ScrubAsync(CancellationToken cancel = default)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            await using var checkpoint = (_writer ??= OpenWriter()).CreateCommand();
            checkpoint.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            checkpoint.CommandTimeout = 1; // nobody waits long for whoever reads
            await checkpoint.ExecuteNonQueryAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    public override Task ChangedAsync(CancellationToken cancel) => Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);

    protected override string? Ddl(string sharedDdl)
    {
        var ddl = sharedDdl.Replace("{sqlite}", "", StringComparison.Ordinal)
            .Replace("{int}", "INTEGER", StringComparison.Ordinal)
            .Replace("{blob}", "BLOB", StringComparison.Ordinal)
            .Replace("{bool}", "INTEGER", StringComparison.Ordinal)
            .Replace("{norowid}", " WITHOUT ROWID", StringComparison.Ordinal);
        return ddl.StartsWith("CREATE TABLE", StringComparison.Ordinal)
            && !ddl.Contains("ROWID", StringComparison.Ordinal)
            ? ddl + " STRICT"
            : ddl;
    }

    public override async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        DropWriter();
        SqliteConnection.ClearPool(new SqliteConnection(_connectionString));
        _gate.Dispose();
    }

    private SqliteConnection OpenWriter()
    {
        var writer = new SqliteConnection(_connectionString + ";Pooling=False");
        writer.Open();
        using var pragma = writer.CreateCommand();
        // Fast: what a page no longer holds is not left in it, where that costs no further write. An erasure asks for
        // more (WipeAsync), but cannot mend what was left before it.
        pragma.CommandText =
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; "
            + "PRAGMA secure_delete=FAST;";
        pragma.ExecuteNonQuery();
        return writer;
    }

    private void DropWriter()
    {
        _statements?.Dispose();
        _statements = null;
        _replay = null;
        _writer?.Dispose();
        _writer = null;
    }

    private sealed class OnlyReplica : Lease
    {
        public static readonly OnlyReplica Instance = new();

        public override Task<bool> HoldAsync(StoreTransaction tx) => Task.FromResult(true);

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
