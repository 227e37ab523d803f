using System.Diagnostics;
using System.Text.Json.Nodes;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>A program of the house in a process of its own, from its ready line to its end.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private Server(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    internal JsonNode Ready { get; private set; } = null!;

    /// <summary>Starts a program that was built as these tests were: same configuration, same platform.</summary>
    internal static async Task<Server> StartAsync(string project, string name, params string[] arguments)
    {
        var here = AppContext.BaseDirectory;
        var built = here[here.LastIndexOf("/bin/", StringComparison.Ordinal)..];
        var program = Repository.At(project) + built + name;
        Assert.True(File.Exists(program), $"{name} is not built: build Writ.slnx.");
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var server = new Server(process);
        try
        {
            var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));
            if (line is null)
                Assert.Fail($"{name} ended at its start: {await server._errors}");
            server.Ready = JsonNode.Parse(line)!;
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>kill -9.</summary>
    internal async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }
}
