using System.Diagnostics;
using Npgsql;

namespace Writ.Bench.Servers;

/// <summary>A broker under test with a store of its own on one engine; all of it is gone when it is disposed of.
/// </summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string? _cluster;
    private ServerProcess? _server;

    private BrokerProcess(string folder, string? cluster) => (_folder, _cluster) = (folder, cluster);

    /// <summary>Where the store is: a file, or a connection string.</summary>
    public string Store { get; private set; } = "";

    public ServerProcess Server => _server ?? throw new InvalidOperationException("The broker is not started.");

    public static async Task<BrokerProcess> StartAsync(string engine)
    {
        var folder = Directory.CreateTempSubdirectory("writ-bench-").FullName;
        // PostgreSQL's user has to pass through it to the cluster's own folder.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        var broker = new BrokerProcess(folder, engine == "postgres" ? Path.Combine(folder, "pg") : null);
        try
        {
            await broker.StartStoreAndServerAsync(engine);
            return broker;
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_cluster is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await PostgresAsync("stop", _cluster);
        }
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartStoreAndServerAsync(string engine)
    {
        List<string> arguments =
        [
            "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--data-dir", _folder,
            "--trust-domain", "bench.example", "--store", engine,
        ];
        if (_cluster is null)
        {
            Store = Path.Combine(_folder, "writ.db");
        }
        else
        {
            Store = await PostgresAsync("start", _cluster, "--durable", "--owner", $"{Environment.ProcessId}");
            var file = Path.Combine(_folder, "connection");
            await File.WriteAllTextAsync(file, Store);
            arguments.AddRange(["--postgres-file", file]);
        }
        _server = await ServerProcess.StartAsync(Variable("WRIT_SERVER_EXE"), [.. arguments]);
    }

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name)
        ?? throw new InvalidOperationException($"Run ./bench, which sets {name}.");

    /// <summary>What the script of clusters says.</summary>
    public static async Task<string> PostgresAsync(string verb, string folder, params string[] more)
    {
        var script = Path.Combine(Variable("WRIT_REPO"), "eng", "postgres");
        using var process = Process.Start(new ProcessStartInfo(script, [verb, folder, .. more])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? text.Trim()
            : throw new InvalidOperationException($"eng/postgres {verb} failed.");
    }
}
