namespace Writ.Bench.Servers;

/// <summary>A durable PostgreSQL of this run's own, without a broker.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private readonly string _folder;

    private BenchCluster(string folder, string connectionString)
    {
        _folder = folder;
        ConnectionString = connectionString;
    }

    public string ConnectionString { get; }

    public static async Task<BenchCluster> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("writ-bench-").FullName;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        return new BenchCluster(folder, await BrokerProcess.PostgresAsync(
            "start", Path.Combine(folder, "pg"), "--durable", "--owner", $"{Environment.ProcessId}"));
    }

    public async ValueTask DisposeAsync()
    {
        await BrokerProcess.PostgresAsync("stop", Path.Combine(_folder, "pg"));
        Directory.Delete(_folder, recursive: true);
    }
}
