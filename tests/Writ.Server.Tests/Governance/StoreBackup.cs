using Microsoft.Data.Sqlite;
using Npgsql;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>A backup as an operator makes one of a broker that serves, and puts back when none does: SQLite's file by
/// <c>VACUUM INTO</c>, PostgreSQL by <c>pg_dump</c>.</summary>
public sealed class StoreBackup
{
    private readonly TestStore _store;
    private readonly string _file;

    private StoreBackup(TestStore store)
    {
        _store = store;
        _file = Path.Combine(store.Folder, "backup");
    }

    public static async Task<StoreBackup> TakeAsync(TestStore store)
    {
        var backup = new StoreBackup(store);
        if (store.Engine == Engine.Sqlite)
        {
            await using var connection = new SqliteConnection($"Data Source={store.SqliteFile};Pooling=False");
            await connection.OpenAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "VACUUM INTO $file";
            command.Parameters.AddWithValue("$file", backup._file);
            await command.ExecuteNonQueryAsync();
        }
        else
        {
            await backup.RunAsync("pg_dump", "--file", backup._file);
        }
        return backup;
    }

    public async Task PutBackAsync()
    {
        if (_store.Engine == Engine.Sqlite)
        {
            File.Delete(_store.SqliteFile + "-wal");
            File.Delete(_store.SqliteFile + "-shm");
            File.Copy(_file, _store.SqliteFile, overwrite: true);
            return;
        }
        await RunAsync("psql", "--quiet", "--command", "DROP SCHEMA public CASCADE");
        await RunAsync("psql", "--quiet", "--command", "CREATE SCHEMA public");
        await RunAsync("psql", "--quiet", "--file", _file);
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        var to = new NpgsqlConnectionStringBuilder(_store.PostgresConnection);
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PGHOST"] = to.Host,
            ["PGPORT"] = $"{to.Port}",
            ["PGUSER"] = to.Username,
            ["PGPASSWORD"] = to.Password,
            ["PGDATABASE"] = to.Database,
        };
        (await Command.RunAsync(program, arguments, environment)).Succeeded();
    }
}
