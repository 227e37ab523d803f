using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// A data folder, and in it or beside it an empty store. It outlives the brokers on it, so that a test can restart one
/// or run several; it remembers the issuer of the first, which the later ones take.
/// </summary>
public sealed class TestStore : IAsyncDisposable
{
    private readonly Testing.PostgresDatabase? _postgres;

    private TestStore(Engine engine, Testing.PostgresDatabase? postgres, string? folder)
    {
        Engine = engine;
        _postgres = postgres;
        Folder = folder ?? Directory.CreateTempSubdirectory("writ-test-").FullName;
    }

    public Engine Engine { get; }

    /// <summary>The data folder: the key-encryption key, and SQLite's file.</summary>
    public string Folder { get; }

    /// <summary>Of the first broker; null before it.</summary>
    public string? Issuer { get; set; }

    public string SqliteFile => Path.Combine(Folder, "writ.db");

    /// <summary>For Npgsql.</summary>
    public string PostgresConnection =>
        _postgres?.ConnectionString ?? throw new InvalidOperationException("This store is SQLite's.");

    /// <summary>An empty one.</summary>
    /// <param name="engine">Where the data lies.</param>
    /// <param name="cluster">The cluster, where that is PostgreSQL; the shared one unless told.</param>
    /// <param name="folder">The data folder; a new one unless told.</param>
    public static async Task<TestStore> CreateAsync(
        Engine engine, PostgresCluster? cluster = null, string? folder = null) =>
        new(engine, engine == Engine.Postgres ? await Testing.PostgresDatabase.CreateAsync(cluster) : null, folder);

    /// <summary>The store as a broker opens it; whoever opens it disposes it.</summary>
    public Database Open(TimeProvider time) => Engine == Engine.Sqlite
        ? new SqliteDatabase(SqliteFile, time)
        : new Storage.PostgresDatabase(PostgresConnection, time);

    /// <summary>The same, brought up to date: for tests of the storage alone.</summary>
    public async Task<Database> OpenMigratedAsync(TimeProvider time)
    {
        var database = Open(time);
        await database.MigrateAsync();
        return database;
    }

    public async ValueTask DisposeAsync()
    {
        if (_postgres is not null) await _postgres.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
