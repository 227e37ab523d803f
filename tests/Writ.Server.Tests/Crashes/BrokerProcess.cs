using System.Diagnostics;
using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>The real <c>writ-server</c> in a process of its own, on a store that the test prepared.</summary>
public sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private BrokerProcess(Process process, string address, string issuer)
    {
        _process = process;
        var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = new Uri(address),
            Timeout = TimeSpan.FromSeconds(30),
        };
        Target = new BrokerTarget(http, issuer, TimeProvider.System);
    }

    public BrokerTarget Target { get; }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <param name="store">Seeded by a broker before, whose issuer it takes over.</param>
    /// <param name="environment">More variables, or others than the usual ones.</param>
    public static async Task<BrokerProcess> StartAsync(
        TestStore store, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "writ-server"))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = store.Folder,
        };
        start.Environment["WRIT_LISTEN"] = "127.0.0.1:0";
        start.Environment["WRIT_ISSUER"] = store.Issuer;
        start.Environment["WRIT_DATA_DIR"] = store.Folder;
        start.Environment["WRIT_STORE"] = store.Engine == Engine.Sqlite ? "sqlite" : "postgres";
        if (store.Engine == Engine.Postgres) start.Environment["WRIT_POSTGRES"] = store.PostgresConnection;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        var errors = new List<string>();
        process.ErrorDataReceived += (_, line) => { lock (errors) errors.Add(line.Data ?? ""); };
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var ready = await process.StandardOutput.ReadLineAsync(limit.Token);
        if (ready is null)
        {
            process.Dispose();
            lock (errors)
                throw new InvalidOperationException($"writ-server did not start:\n{string.Join('\n', errors)}");
        }
        _ = process.StandardOutput.ReadToEndAsync(); // a full pipe would hold it up
        return new BrokerProcess(process, JsonElement.Parse(ready).GetProperty("listen").GetString()!, store.Issuer!);
    }

    /// <summary>kill -9: nothing is flushed, nobody is told.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Target.Http.Dispose();
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
    }
}
