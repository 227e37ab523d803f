using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests.Edge;

/// <summary>The executable itself, as a process of its own, on the store that a test made ready.</summary>
public sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _said = new(); // guarded by itself

    private BrokerProcess(Process process) => _process = process;

    /// <summary>The line that it printed when it was ready.</summary>
    public JsonElement Ready { get; private set; }

    public string Issuer => Ready.GetProperty("issuer").GetString()!;

    public string Tls => Ready.GetProperty("tls").GetString()!;

    /// <summary>All that it wrote to standard output and standard error so far.</summary>
    public string Said
    {
        get
        {
            lock (_said) return _said.ToString();
        }
    }

    /// <summary>Starts it with both listeners on loopback; until it is ready.</summary>
    public static async Task<BrokerProcess> StartAsync(string folder, params string[] more)
    {
        var start = new ProcessStartInfo(
            Executable(),
            ["--data-dir", folder, "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0", .. more])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.ToList())
            if (name.StartsWith("WRIT_", StringComparison.Ordinal) && name is not "WRIT_TEST_RUN")
                start.Environment.Remove(name);
        var broker = new BrokerProcess(Process.Start(start)!);
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        broker._process.OutputDataReceived += (_, line) =>
        {
            broker.Hear(line.Data);
            if (line.Data is { } first) ready.TrySetResult(first);
        };
        broker._process.ErrorDataReceived += (_, line) => broker.Hear(line.Data);
        broker._process.EnableRaisingEvents = true;
        broker._process.Exited += (_, _) =>
            ready.TrySetException(new InvalidOperationException($"It ended: {broker.Said}"));
        broker._process.BeginOutputReadLine();
        broker._process.BeginErrorReadLine();
        broker.Ready = JsonElement.Parse(await ready.Task.WaitAsync(TimeSpan.FromMinutes(1)));
        return broker;
    }

    /// <summary>Asks it to stop, and waits; its exit code.</summary>
    public async Task<int> StopAsync()
    {
        var id = _process.Id.ToString(CultureInfo.InvariantCulture);
        (await Command.RunAsync("kill", ["-TERM", id])).Succeeded();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        lock (_said) _said.AppendLine(line);
    }

    /// <summary>Built beside these tests, in their configuration.</summary>
    internal static string Executable()
    {
        if (Environment.GetEnvironmentVariable("WRIT_SERVER_EXE") is { Length: > 0 } told) return told;
        var isRelease = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal);
        var configuration = isRelease ? "Release" : "Debug";
        return Repository.At($"src/Writ.Server/bin/{configuration}/net10.0/linux-x64/writ-server");
    }
}
