using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Writ.Bench.Servers;

/// <summary>A server in a process of its own, that says on its first line where it listens.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process, string origin, IPEndPoint tls)
    {
        _process = process;
        Origin = origin;
        EndPoint = EndPointOf(origin);
        TlsEndPoint = tls;
    }

    public string Origin { get; }

    public IPEndPoint EndPoint { get; }

    public IPEndPoint TlsEndPoint { get; }

    /// <summary>CPU time that the process used so far.</summary>
    public TimeSpan Cpu()
    {
        _process.Refresh();
        return _process.TotalProcessorTime;
    }

    /// <summary>
    /// Waits until it does nothing, for some seconds at the most. A run time compiles on behind what it has served, for
    /// longer than a turn takes: on a machine of few cores that is another server's turn.
    /// </summary>
    public async Task QuietAsync()
    {
        for (var look = 0; look < 50; look++)
        {
            var before = Cpu();
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            if (Cpu() - before < TimeSpan.FromMilliseconds(5)) return;
        }
    }

    /// <summary>Starts one of ours, which says where it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string file, params string[] arguments)
    {
        var process = Start(file, arguments);
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (line is null) throw new InvalidOperationException($"{file} ended before it was ready.");
        using var ready = JsonDocument.Parse(line);
        return new ServerProcess(
            process,
            ready.RootElement.GetProperty("issuer").GetString()!,
            EndPointOf(ready.RootElement.GetProperty("tls").GetString()!));
    }

    /// <summary>Starts another's, which is ready once it takes connections there.</summary>
    public static async Task<ServerProcess> StartAsync(string file, IPEndPoint listens, params string[] arguments)
    {
        var process = Start(file, arguments);
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        for (var look = 0; look < 100 && !process.HasExited; look++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(listens);
                return new ServerProcess(process, $"http://{listens}", listens);
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
        Kill(process);
        throw new InvalidOperationException($"{file} does not listen on {listens}.");
    }

    private static Process Start(string file, string[] arguments)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{file} does not start.");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill(process); // an interrupted bench leaves no server behind
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static IPEndPoint EndPointOf(string origin)
    {
        var uri = new Uri(origin);
        return new IPEndPoint(IPAddress.Parse(uri.Host), uri.Port);
    }

    public async ValueTask DisposeAsync()
    {
        Kill(_process);
        await _process.WaitForExitAsync();
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }
}
