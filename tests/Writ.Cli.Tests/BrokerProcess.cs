using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Writ.Cli.Tests;

/// <summary>The real broker, in a process of its own, on a free port and an empty store.</summary>
public sealed class BrokerProcess : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("writ-broker-").FullName;
    private Process? _process;

    public string Issuer { get; private set; } = "";

    public string DataFolder => Path.Combine(_folder, "data");

    /// <summary>A program built beside the tests: <c>./test</c> names it, else it is of our configuration.</summary>
    public static string Executable(string variable, string project, string name)
    {
        var own = AppContext.BaseDirectory;
        var output = own[own.IndexOf("/bin/", StringComparison.Ordinal)..];
        var path = Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given
            ? given
            : Path.Combine(Repository.At(project) + output, name);
        return File.Exists(path)
            ? path
            : throw new InvalidOperationException($"{path} is missing: build Writ.slnx first.");
    }

    public async ValueTask InitializeAsync()
    {
        var start = new ProcessStartInfo(
            Executable("WRIT_SERVER_EXE", "src/Writ.Server", "writ-server"),
            ["--listen", "127.0.0.1:0", "--data-dir", DataFolder])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        var errors = _process.StandardError.ReadToEndAsync();
        while (Issuer.Length == 0)
        {
            var line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
            if (line is null)
                throw new InvalidOperationException($"The broker ended: {await errors}");
            if (line.StartsWith('{'))
                Issuer = (string)JsonNode.Parse(line)!["issuer"]!;
        }

        _ = _process.StandardOutput.ReadToEndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
