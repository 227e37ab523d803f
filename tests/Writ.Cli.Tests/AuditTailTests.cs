using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Writ.Cli.Tests;

/// <summary><c>writ audit tail</c> goes on when its stream ends, and loses no record in between.</summary>
public sealed class AuditTailTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-tail-").FullName;
    private readonly List<Process> _started = [];
    private readonly Terminal _terminal = new();
    private TcpProxy _proxy = null!;
    private string _issuer = "";

    // The broker goes by the proxy's address, so that the test can cut what runs through it.
    public async ValueTask InitializeAsync()
    {
        var port = AddressTests.FreePort();
        _proxy = new TcpProxy(port);
        _issuer = $"http://127.0.0.1:{_proxy.Port}";
        var broker = Start(
            BrokerProcess.Executable("WRIT_SERVER_EXE", "src/Writ.Server", "writ-server"),
            "--listen", $"127.0.0.1:{port}", "--issuer", _issuer, "--data-dir", Path.Combine(_folder, "data"));
        Assert.NotNull(await broker.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1)));
        var code = await _terminal.RunAsync(["server", "init", "--data-dir", Path.Combine(_folder, "data")]);
        (await _terminal.RunAsync(["login", _issuer, "--name", "ada"], code.Succeeded())).Succeeded();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await _proxy.DisposeAsync();
        _terminal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Tail_goes_on_behind_the_last_record_when_its_stream_is_cut()
    {
        var tail = Start(
            BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ"),
            "audit", "tail", "--kind", "resource.create", "-o", "json");
        var first = NextAsync(tail);
        for (var i = 0; !first.IsCompleted; i++) // until it follows
            await CreateAsync($"warm{i}");
        await first;
        foreach (var name in (string[])["stock-a", "stock-b", "stock-c"])
        {
            _proxy.Sever();
            await CreateAsync(name);
        }

        var heard = new List<string>();
        while (heard.LastOrDefault() != "stock-c")
        {
            if (await NextAsync(tail) is var name && !name.StartsWith("warm", StringComparison.Ordinal))
                heard.Add(name);
        }

        Assert.Equal(["stock-a", "stock-b", "stock-c"], heard);
    }

    private async Task CreateAsync(string name) =>
        (await _terminal.RunAsync($"resource create {name} --uri https://{name}.example --action stock:read"))
            .Succeeded();

    private static async Task<string> NextAsync(Process tail)
    {
        var line = await tail.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return ((string)JsonNode.Parse(line!)!["record"]!["detail"]!["target"]!)["resource ".Length..];
    }

    private Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["WRIT_HOME"] = _terminal.Home.Folder;
        var process = Process.Start(start)!;
        _ = process.StandardError.ReadToEndAsync();
        _started.Add(process);
        return process;
    }
}
