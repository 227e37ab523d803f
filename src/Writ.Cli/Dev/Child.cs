using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Cli.Dev;

/// <summary>
/// A program that runs while we do: started, waited for until it says that it is ready, stopped by its process id on
/// every way out. What it says goes to a log file.
/// </summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    private readonly Process _process;
    private readonly TextWriter _log; // synchronized: both pumps write to it
    private readonly Task _pumps;
    private readonly TaskCompletionSource<JsonObject> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Child(Process process, string log)
    {
        _process = process;
        _log = TextWriter.Synchronized(new StreamWriter(log, append: false) { AutoFlush = true });
        _pumps = Task.WhenAll(PumpAsync(process.StandardOutput), PumpAsync(process.StandardError));
    }

    /// <summary>The line by which the program said that it is ready.</summary>
    public JsonObject Ready => _ready.Task.Result;

    /// <summary>Completes when the program ends.</summary>
    public Task Ended => _process.WaitForExitAsync(CancellationToken.None);

    /// <summary>Starts a program and waits until it prints a line of JSON with <c>"ready":true</c>.</summary>
    /// <exception cref="UnableException">It ended instead, or said nothing in time.</exception>
    public static async Task<Child> StartAsync(
        string program, IEnumerable<string> arguments, string log, TimeProvider time, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        var process = Process.Start(start) ?? throw new UnableException($"{program} did not start.");
        process.StandardInput.Close();
        var child = new Child(process, log);
        try
        {
            var first = await Task.WhenAny(child._ready.Task, child._pumps).WaitAsync(ReadyWithin, time, cancel);
            if (first == child._ready.Task)
                return child;
        }
        catch (TimeoutException)
        {
            // Said below, with its last words.
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }

        await child.DisposeAsync();
        var words = string.Join('\n', File.ReadLines(log).TakeLast(5));
        throw new UnableException($"{Path.GetFileName(program)} did not become ready:\n{words}\nMore in {log}.");
    }

    /// <summary>Asks it to end, and ends it by force when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        Signals.Terminate(_process);
        using var patience = new CancellationTokenSource(EndsWithin);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        await _pumps;
        await _log.DisposeAsync();
        _process.Dispose();
    }

    private async Task PumpAsync(StreamReader from)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            await _log.WriteLineAsync(line);
            if (!_ready.Task.IsCompleted && ReadyLine(line) is { } ready)
                _ready.TrySetResult(ready);
        }
    }

    private static JsonObject? ReadyLine(string line)
    {
        try
        {
            return line.StartsWith('{') && JsonNode.Parse(line) is JsonObject said && said["ready"] is JsonValue ready
                && ready.TryGetValue(out bool isReady) && isReady
                    ? said
                    : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
