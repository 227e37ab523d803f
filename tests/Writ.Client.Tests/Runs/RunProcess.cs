using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Writ.Protocol;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>A fake broker, a fake API, and runs against them, each in a process of its own.</summary>
internal sealed class RunProcess : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("writ-run-");
    private readonly ECDsa _key;
    private readonly List<Process> _started = [];

    private RunProcess(FakeBroker broker, FakeApi api)
    {
        Broker = broker;
        Api = api;
        _key = AgentKey.CreateFile(KeyFile);
        broker.ClientKey = Jwk.FromEcdsa(_key);
        broker.Resources["orders"] = api.Url;
    }

    /// <summary>The span that whoever starts the run is in.</summary>
    internal const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    internal FakeBroker Broker { get; }

    internal FakeApi Api { get; }

    internal string KeyFile => Path.Combine(_folder.FullName, "agent.pem");

    internal string At(string name) => Path.Combine(_folder.FullName, name);

    internal static async Task<RunProcess> PrepareAsync() =>
        new(await FakeBroker.StartAsync(), await FakeApi.StartAsync());

    /// <summary>Runs a command to its end.</summary>
    internal Task<Command> RunAsync(params string[] command) =>
        Command.RunAsync(
            Environment.ProcessPath!.EndsWith("Writ.Client.Tests", StringComparison.Ordinal)
                ? Environment.ProcessPath
                : Path.ChangeExtension(typeof(RunProcess).Assembly.Location, null),
            [RunHost.Name, Broker.Url, KeyFile, .. command],
            Environ(),
            limit: TimeSpan.FromSeconds(60));

    /// <summary>Runs a piece of Python with urllib, and what it needs to call the run, at hand.</summary>
    internal Task<Command> PythonAsync(string script) => RunAsync("python3", "-c", Prelude + script);

    /// <summary>Starts a shell command and leaves it running.</summary>
    internal Process Start(string script)
    {
        var start = new ProcessStartInfo(
            Path.ChangeExtension(typeof(RunProcess).Assembly.Location, null),
            [RunHost.Name, Broker.Url, KeyFile, "sh", "-c", script])
        {
            UseShellExecute = false,
        };
        foreach (var (name, value) in Environ())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    internal static Task SignalAsync(Process process, string signal) =>
        Command.RunAsync("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);

    /// <summary>The address and the key of a run whose child wrote its environment to a file.</summary>
    internal async Task<(string Url, string Key)> EndpointAsync(string file)
    {
        await Eventually.IsTrueAsync(() => File.Exists(At(file)), "the child is up", TimeSpan.FromSeconds(30));
        var lines = await File.ReadAllLinesAsync(At(file));
        return (ValueOf(lines, RunEnvironment.Url), ValueOf(lines, RunEnvironment.Key));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        await Broker.DisposeAsync();
        await Api.DisposeAsync();
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    private const string Prelude = """
        import json, os, sys, urllib.request, urllib.error
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_): return None
        opener = urllib.request.build_opener(Stay)
        def call(path, body=None, method=None, headers={}, base=None, key=os.environ['WRIT_RUN_KEY']):
            own = {'Authorization': 'Bearer ' + key} if key else {}
            data = None if body is None else json.dumps(body).encode()
            url = (base or os.environ['WRIT_RUN_URL']) + path
            r = urllib.request.Request(url, data, {**own, **headers}, method=method)
            try:
                with opener.open(r) as a: return a.status, a.read().decode()
            except urllib.error.HTTPError as e: return e.code, e.read().decode()

        """;

    private Dictionary<string, string?> Environ() => new(StringComparer.Ordinal)
    {
        ["WRIT_IDENTITY"] = "spiffe://example.org/agent/billing",
        ["WRIT_KEY_FILE"] = KeyFile,
        ["WRIT_ADDR"] = Broker.Url,
        ["AGENT_PEM"] = _key.ExportPkcs8PrivateKeyPem(),
        ["KEY_ELSEWHERE"] = "file:" + KeyFile,
        ["HARMLESS"] = "yes",
        [CarriedTrace.Parent] = Parent,
        [CarriedTrace.State] = "vendor=1",
        ["NO_PROXY"] = "internal.example.org",
        ["FOLDER"] = _folder.FullName,
    };

    private static string ValueOf(string[] lines, string name) =>
        lines.Single(line => line.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];
}
