using System.Diagnostics;
using System.Text.Json.Nodes;
using Writ.Tlog;

namespace Writ.Cli.Tests.Audit;

/// <summary>A broker and a witness, each a process: what is published is cosigned, and a store that was put back from a
/// backup without a word signs nothing more once the witness was heard.</summary>
public sealed class WitnessedBrokerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-witnessed-").FullName;
    private readonly List<Process> _started = [];
    private readonly HttpClient _http = new();
    private readonly Terminal _terminal = new();
    private readonly int _port = AddressTests.FreePort();

    private string Issuer => $"http://127.0.0.1:{_port}";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started.ToList()) await KillAsync(process);
        _http.Dispose();
        _terminal.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Store_from_the_past_is_found_by_the_witness_and_signs_nothing_more()
    {
        var broker = await StartBrokerAsync();
        var code = await _terminal.RunAsync(["server", "init", "--data-dir", At("data")]);
        (await _terminal.RunAsync(["login", Issuer, "--name", "ada"], code.Succeeded())).Succeeded();
        var log = (await _terminal.RunAsync("audit key")).Succeeded().Trim();
        await KillAsync(broker);
        Copy(At("data"), At("backup"));
        var witness = await StartWitnessAsync(log);
        await File.WriteAllTextAsync(
            At("writ.yaml"), $"log:\n  witnesses:\n  - url: {witness.Url}\n    key: {witness.Key}\n");

        broker = await StartBrokerAsync();
        for (var i = 0; i < 5; i++) await CreateAsync($"stock{i}");
        var cosigned = await CosignedAsync(witness.Key);
        (await _terminal.RunAsync("audit export log")).Succeeded();
        var verified = await _terminal.RunAsync(["audit", "verify", "log", "--key", log, "--witness", witness.Key]);
        // The last of all may have been published a moment ago.
        Assert.True(verified.ExitCode == ExitCode.Yes || verified.Output.Contains("0 cosignatures"), verified.Output);
        await KillAsync(broker);
        Directory.Delete(At("data"), recursive: true);
        Directory.Move(At("backup"), At("data"));
        File.Delete(At("data/log.anchor")); // another host knows nothing

        await StartBrokerAsync();
        await CreateAsync("another");

        var said = await FailingAsync();
        Assert.Contains("w1 holds a checkpoint", said, StringComparison.Ordinal);
        var findings = JsonNode.Parse((await _terminal.RunAsync("finding list -o json")).Succeeded())!.AsArray();
        Assert.Contains(findings, finding => (string?)finding!["kind"] == "log_broken");
        var size = await HeadAsync();
        await CreateAsync("unsigned");
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(size.Text, (await HeadAsync()).Text);
        Assert.True(cosigned > 0);
    }

    private async Task<string> FailingAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            using var answer = await _http.GetAsync($"{Issuer}/readyz/log", limit.Token);
            if (!answer.IsSuccessStatusCode) return await answer.Content.ReadAsStringAsync(limit.Token);
            await Task.Delay(100, limit.Token);
        }
    }

    private async Task<long> CosignedAsync(string witness)
    {
        using var key = VerifierKey.Parse(witness);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var note = await HeadAsync();
            Assert.True(Checkpoint.TryParse(note.Text, out var head));
            if (note.Verify([key]).Count == 1) return head.Size;
            await Task.Delay(100, limit.Token);
        }
    }

    private async Task<SignedNote> HeadAsync()
    {
        Assert.True(SignedNote.TryParse(await _http.GetStringAsync($"{Issuer}/log/checkpoint"), out var note));
        return note;
    }

    private async Task CreateAsync(string name) =>
        (await _terminal.RunAsync($"resource create {name} --uri https://{name}.example --action stock:read"))
            .Succeeded();

    private async Task<Process> StartBrokerAsync()
    {
        string[] configuration = File.Exists(At("writ.yaml")) ? ["--config", At("writ.yaml")] : [];
        var (process, _) = await StartAsync(
            BrokerProcess.Executable("WRIT_SERVER_EXE", "src/Writ.Server", "writ-server"),
            ["--listen", $"127.0.0.1:{_port}", "--data-dir", At("data"), .. configuration]);
        return process;
    }

    private async Task<(string Url, string Key)> StartWitnessAsync(string log)
    {
        var program = BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ");
        await Command.RunAsync(program, ["witness", "keygen", "--name", "w1", "-f", At("key")]);
        var (_, line) = await StartAsync(program,
        [
            "witness", "start", "--new", "--state", At("state"), "--key", At("key"), "--listen", "127.0.0.1:0",
            "--log", log,
        ]);
        var parts = line.Split(' ');
        return (parts[0], parts[1]);
    }

    private async Task<(Process Process, string Line)> StartAsync(string program, string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        var errors = process.StandardError.ReadToEndAsync();
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (line is null) throw new InvalidOperationException(await errors);
        _ = process.StandardOutput.ReadToEndAsync();
        return (process, line);
    }

    private async Task KillAsync(Process process)
    {
        _started.Remove(process);
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            if (Path.GetExtension(file) != ".sock") File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private string At(string name) => Path.Combine(_folder, name);
}
