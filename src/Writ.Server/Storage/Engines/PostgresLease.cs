using System.Data.Common;
using Npgsql;

namespace Writ.Server.Storage;

/// <summary>
/// A lease on PostgreSQL: an advisory lock, which goes with its connection however that ends, says whose turn it is; a
/// number in the table <c>lease</c> fences off whoever lost the lock without hearing of it.
/// </summary>
internal sealed class PostgresLease : Lease
{
    private readonly NpgsqlConnection _connection; // owned; its open transaction holds the lock
    private readonly string _name;
    private readonly long _number;

    private PostgresLease(NpgsqlConnection connection, string name, long number)
    {
        _connection = connection;
        _name = name;
        _number = number;
    }

    /// <summary>Null when another replica holds it. Whatever is thrown, no connection stays behind.</summary>
    public static async Task<Lease?> TryTakeAsync(NpgsqlDataSource source, string name, CancellationToken cancel)
    {
        var connection = await source.OpenConnectionAsync(cancel);
        try
        {
            if (await TryLockAsync(connection, name, cancel))
                return new PostgresLease(connection, name, await NextNumberAsync(source, name, cancel));
        }
        catch
        {
            await CloseAsync(connection);
            throw;
        }
        await CloseAsync(connection);
        return null;
    }

    public override async Task<bool> HoldAsync(StoreTransaction tx) =>
        // FOR SHARE: whoever takes the lease over raises the number only after this transaction.
        await tx.ScalarAsync<long?>(
            "SELECT number FROM lease WHERE name = @name AND number = @number FOR SHARE",
            new { name = _name, number = _number }) == _number;

    public override ValueTask DisposeAsync() => CloseAsync(_connection);

    /// <summary>A lock of the transaction, which ends when its connection goes back to the pool.</summary>
    private static async Task<bool> TryLockAsync(NpgsqlConnection connection, string name, CancellationToken cancel)
    {
        var transaction = await connection.BeginTransactionAsync(cancel);
        await using var command = new NpgsqlCommand(
            "SELECT pg_try_advisory_xact_lock(hashtext($1))", connection, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    /// <summary>Committed at once, beside the transaction that holds the lock: the work must see it.</summary>
    private static async Task<long> NextNumberAsync(NpgsqlDataSource source, string name, CancellationToken cancel)
    {
        await using var command = source.CreateCommand("""
            INSERT INTO lease (name, number) VALUES ($1, 1)
            ON CONFLICT (name) DO UPDATE SET number = lease.number + 1 RETURNING number
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async ValueTask CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync();
        }
        catch (Exception e) when (e is DbException or IOException or TimeoutException)
        {
            // The connection broke, and the lock with it.
        }
    }
}
