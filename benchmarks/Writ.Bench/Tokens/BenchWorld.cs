using System.Diagnostics;
using Npgsql;
using Writ.Bench.Load;
using Writ.Bench.Servers;
using Writ.Protocol;

namespace Writ.Bench.Tokens;

/// <summary>A broker under test on one engine, with its agents and the operations that are measured on it.</summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string? _cluster;
    private readonly List<Agent> _agents = [.. "abcd".Select(c => new Agent(c.ToString()))];
    private string _depth2 = "";

    private ServerProcess? _server;

    private BenchWorld(string folder, string? cluster)
    {
        _folder = folder;
        _cluster = cluster;
    }

    public ServerProcess Server => _server ?? throw new InvalidOperationException("The broker is not started.");

    public IReadOnlyList<Operation> Operations =>
    [
        new(Operation.Names[0], "/oauth/token", "/oauth/token", (n, nonce, path) => Many(n, _ => _agents[0].Request(
            Server.Origin, Host, path, nonce, Issue))),
        new(Operation.Names[1], "/oauth/token", "/oauth/exchange", (n, nonce, path) => Many(n, _ => _agents[3].Request(
            Server.Origin, Host, path, nonce, Exchange(_depth2)))),
        new(Operation.Names[2], "/oauth/introspect", "/oauth/introspect", (n, _, path) => Many(n, _ => Agent.Raw(
            path, Server.TlsEndPoint.ToString(), $"client_id={Uri.EscapeDataString(_agents[0].Id)}&token={_depth2}",
            ""))) { IsMutualTls = true },
    ];

    private string Host => Server.EndPoint.ToString();

    private string Issue =>
        $"grant_type=client_credentials&task={BenchStore.TaskOf(_agents[0])}&scope=orders:read@orders";

    public static async Task<BenchWorld> StartAsync(string engine, int past)
    {
        var folder = Directory.CreateTempSubdirectory("writ-bench-").FullName;
        // PostgreSQL's user has to pass through it to the cluster's own folder.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        var cluster = engine == "postgres" ? Path.Combine(folder, "pg") : null;
        var world = new BenchWorld(folder, cluster);
        try
        {
            var connection = cluster is null ? Path.Combine(folder, "writ.db") : await StartPostgresAsync(cluster);
            var store = new BenchStore(engine, connection);
            world._server = await StartBrokerAsync(engine, folder, cluster is null ? null : connection);
            await store.SeedAsync(world._agents);
            Console.Error.WriteLine($"filling {engine} with {past:N0} past tokens…");
            await store.FillAsync(past);
            await Task.Delay(TimeSpan.FromMilliseconds(500)); // the broker's look at the registry
            await world.PrepareAsync();
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    private static async Task<ServerProcess> StartBrokerAsync(string engine, string folder, string? postgres)
    {
        List<string> arguments =
        [
            "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", "--data-dir", folder,
            "--trust-domain", "bench.example", "--store", engine,
        ];
        if (postgres is not null)
        {
            var file = Path.Combine(folder, "connection");
            await File.WriteAllTextAsync(file, postgres);
            arguments.AddRange(["--postgres-file", file]);
        }
        return await ServerProcess.StartAsync(Variable("WRIT_SERVER_EXE"), [.. arguments]);
    }

    public LoadTarget TargetOf(Operation operation, ServerProcess server) => operation.IsMutualTls
        ? new LoadTarget(server.TlsEndPoint, _agents[0].Certificate)
        : new LoadTarget(server.EndPoint);

    public async Task<string> NonceAsync()
    {
        var request = _agents[0].Request(Server.Origin, Host, "/oauth/token", "none", "grant_type=client_credentials");
        var (_, text) = await HttpLoad.OnceAsync(Server.EndPoint, request);
        const string header = "DPoP-Nonce: ";
        var at = text.IndexOf(header, StringComparison.Ordinal) + header.Length;
        return text[at..text.IndexOf('\r', at)];
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
        if (_cluster is not null)
        {
            NpgsqlConnection.ClearAllPools();
            await RunAsync("stop", _cluster);
        }
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Makes the chain a → b → c whose last token d exchanges, and the token that introspects.</summary>
    private async Task PrepareAsync()
    {
        var nonce = await NonceAsync();
        var token = await TokenAsync(_agents[0], nonce, Issue + For(_agents[1]));
        for (var i = 1; i < 3; i++)
            token = await TokenAsync(_agents[i], nonce, Exchange(token) + For(_agents[i + 1]));
        _depth2 = token;
    }

    private async Task<string> TokenAsync(Agent agent, string nonce, string form)
    {
        var request = agent.Request(Server.Origin, Host, "/oauth/token", nonce, form);
        var (_, text) = await HttpLoad.OnceAsync(Server.EndPoint, request);
        return AnswerText.Member(text, "access_token");
    }

    private static string Exchange(string subject)
    {
        var grant = Uri.EscapeDataString(GrantTypes.TokenExchange);
        var type = Uri.EscapeDataString(TokenTypeUri.AccessToken);
        return $"grant_type={grant}&subject_token_type={type}&subject_token={subject}&scope=orders:read@orders";
    }

    private static string For(Agent next) => $"&may_act={Uri.EscapeDataString(next.Id)}";

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name)
        ?? throw new InvalidOperationException($"Run ./bench, which sets {name}.");

    private static byte[][] Many(int count, Func<int, byte[]> make)
    {
        var all = new byte[count][];
        Parallel.For(0, count, i => all[i] = make(i));
        return all;
    }

    private static Task<string> StartPostgresAsync(string folder) => RunAsync(
        "start", folder, "--durable", "--owner", $"{Environment.ProcessId}");

    private static async Task<string> RunAsync(string verb, string folder, params string[] more)
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
