namespace Writ.Testing;

/// <summary>
/// A private PostgreSQL, run by eng/postgres. Tests share one (<c>./test</c> starts it and names it in
/// WRIT_TEST_POSTGRES, else the first test that asks does) and take a <see cref="PostgresDatabase"/> each;
/// a test that crashes its cluster starts one of its own. It ends with the test's process, however that dies.
/// </summary>
public sealed class PostgresCluster : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresCluster>> TheShared = new(ShareAsync);

    private readonly string? _folder;

    private PostgresCluster(string? folder, string connectionString)
    {
        _folder = folder;
        ConnectionString = connectionString;
    }

    /// <summary>For Npgsql: the superuser, in the database <c>postgres</c>.</summary>
    public string ConnectionString { get; }

    public static Task<PostgresCluster> SharedAsync() => TheShared.Value;

    /// <summary>A cluster of the caller's own.</summary>
    /// <param name="durable">With fsync and synchronous_commit.</param>
    /// <param name="folder">Where it lies, and what is removed with it; a new folder unless told.</param>
    public static async Task<PostgresCluster> StartAsync(bool durable, string? folder = null)
    {
        folder ??= Directory.CreateTempSubdirectory("writ-postgres-").FullName;
        string[] durability = durable ? ["--durable"] : [];
        var connection = await RunAsync(["start", folder, "--owner", $"{Environment.ProcessId}", .. durability]);
        return new PostgresCluster(folder, connection);
    }

    /// <summary>Stops it at once, as a power cut would; what was not synced may be lost.</summary>
    public Task CrashAsync() => RunAsync(["crash", Folder]);

    /// <summary>Brings it back after <see cref="CrashAsync"/>, on the same port.</summary>
    public Task RestartAsync() => RunAsync(["start", Folder]);

    internal Task<string> CreateAsync(string database) => RunAsync(["create", ConnectionString, database]);

    internal Task DropAsync(string database) => RunAsync(["drop", ConnectionString, database]);

    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await RunAsync(["stop", _folder]);
        }
    }

    private string Folder =>
        _folder ?? throw new InvalidOperationException("The shared cluster is not one test's to stop.");

    private static async Task<PostgresCluster> ShareAsync() =>
        Environment.GetEnvironmentVariable("WRIT_TEST_POSTGRES") is { Length: > 0 } connection
            ? new PostgresCluster(folder: null, connection)
            : await StartAsync(durable: false);

    private static async Task<string> RunAsync(string[] arguments)
    {
        var result = await Command.RunAsync(Repository.At("eng/postgres"), arguments, limit: TimeSpan.FromMinutes(2));
        return result.Succeeded().Trim();
    }
}
