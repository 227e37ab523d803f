using System.Data.Common;
using Npgsql;

namespace Writ.Server.Storage;

/// <summary>The store of several replicas. Announcements travel by NOTIFY; for upkeep there are leases.</summary>
public sealed class PostgresDatabase : Database
{
    internal const string Channel = "writ_changed";
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _apart;
    private readonly TimeProvider _time;

    public PostgresDatabase(string connectionString, TimeProvider time)
    {
        _time = time;
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        builder.ConnectionStringBuilder.MaxAutoPrepare = 64;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        builder.ConnectionStringBuilder.Timeout = 5;
        builder.ConnectionStringBuilder.CommandTimeout = 10;
        _source = builder.Build();
        _apart = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            Timeout = 1,
            CommandTimeout = 1,
            CancellationTimeout = -1, // nobody answers where nobody answers: the connection is given up at once
        });
    }

    public override async ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default) =>
        await _source.OpenConnectionAsync(cancel);

    public override DbConnection OpenApart() => _apart.OpenConnection();

    public override async Task<T> WriteAsync<T>(
        Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default)
    {
        using var span = StoreSpan.Start(EngineName);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync(cancel);
                await using var transaction = await connection.BeginTransactionAsync(cancel);
                var tx = new PostgresStoreTransaction(connection, transaction, _time);
                var result = await work(tx);
                await transaction.CommitAsync(cancel);
                return result;
            }
            catch (Exception e) when (attempt < 5 && e.GetBaseException() is PostgresException
            {
                SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
            })
            {
                // Rolled back whole: nothing was written, the work may run again.
            }
        }
    }

    internal override async Task<AppendResult> AppendAsync(IReadOnlyList<AppendEntry> entries) =>
        PostgresAppend.Of(entries) is { } append
            && await TryAsync(append) is { } written
            ? written
            : await base.AppendAsync(entries);

    private async Task<AppendResult?> TryAsync(PostgresAppend append)
    {
        using var span = StoreSpan.Start(EngineName);
        return await append.TryAsync(_source, _time);
    }

    protected override string EngineName => "postgresql";

    public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
        PostgresLease.TryTakeAsync(_source, name, cancel);

    public override async Task ChangedAsync(CancellationToken cancel)
    {
        // One listening connection per call would miss what is said between calls; the periodic check repairs that.
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using (var listen = connection.CreateCommand())
        {
            listen.CommandText = $"LISTEN {Channel}";
            await listen.ExecuteNonQueryAsync(cancel);
        }
        await connection.WaitAsync(cancel);
    }

    /// <summary>What was updated or deleted stays in the table's pages until they are vacuumed, which by itself happens
    /// when a fifth of the table has changed.</summary>
    public override async Task ScrubAsync(CancellationToken cancel = default)
    {
        await using var connection = await _source.OpenConnectionAsync(cancel);
        await using var vacuum = connection.CreateCommand();
        vacuum.CommandText = "VACUUM record, record_index, notice, task, approval";
        vacuum.CommandTimeout = 3600;
        await vacuum.ExecuteNonQueryAsync(cancel);
    }

    protected override string? Ddl(string sharedDdl) => sharedDdl.StartsWith("{sqlite}", StringComparison.Ordinal)
        ? null
        : sharedDdl
            .Replace("{int}", "bigint", StringComparison.Ordinal)
            .Replace("{blob}", "bytea", StringComparison.Ordinal)
            .Replace("{bool}", "boolean", StringComparison.Ordinal)
            .Replace("{norowid}", "", StringComparison.Ordinal);

    public override async ValueTask DisposeAsync()
    {
        await _apart.DisposeAsync();
        await _source.DisposeAsync();
    }
}
