using System.Diagnostics;

namespace Writ.Cli.Tests.Dev;

/// <summary><c>writ dev</c> as it is typed: real processes, real HTTP.</summary>
public sealed class DevVerbTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly Terminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task The_sample_goes_right_twice_on_the_same_folder_and_leaves_no_process()
    {
        var first = (await RunAsync("dev", "--exit")).Succeeded();
        var second = (await RunAsync("dev", "--exit")).Succeeded();

        Assert.Contains("enrolled by a one-time code", first, StringComparison.Ordinal);
        Assert.Contains("as before", second, StringComparison.Ordinal);
        Assert.Contains("5 unchanged", second, StringComparison.Ordinal);
        foreach (var label in (string[])["issued", "handed on", "refused", "ended", "dead", "recorded"])
            Assert.Contains(label, second, StringComparison.Ordinal);
        Assert.DoesNotContain('\e', second);
        Assert.Empty(Children());
    }

    [Fact]
    public async Task It_stays_up_for_other_commands_until_it_is_interrupted()
    {
        using var dev = Process.Start(Start("dev"))!;
        var output = new List<string>();
        while (!output.Exists(line => line.StartsWith("Writ is up", StringComparison.Ordinal)))
            output.Add(await dev.StandardOutput.ReadLineAsync().WaitAsync(Limit) ?? throw new InvalidOperationException(
                $"It ended: {string.Join('\n', output)} {await dev.StandardError.ReadToEndAsync()}"));

        var second = await RunAsync("dev", "--exit");
        _terminal.Set("WRIT_HOME", _terminal.At(".writ/operator"));
        var tasks = await _terminal.RunAsync("task list --workflow order-desk");
        var locked = await _terminal.RunAsync("lock identity agent/worker --reason curious");
        Signals.Terminate(dev);
        await dev.WaitForExitAsync().WaitAsync(Limit);
        var third = await RunAsync("dev", "--exit");

        Assert.Equal(ExitCode.Error, second.ExitCode);
        Assert.Contains("at work", second.Errors, StringComparison.Ordinal);
        Assert.Contains("completed", tasks.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("To undo: writ identity resume agent/worker", locked.Succeeded(), StringComparison.Ordinal);
        Assert.Contains("agent/worker was locked: resumed", third.Succeeded(), StringComparison.Ordinal);
        Assert.Empty(Children());
    }

    private Task<Command> RunAsync(params string[] arguments) =>
        Command.RunAsync(Cli, arguments, Environment(), _terminal.Folder, Limit);

    private ProcessStartInfo Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Cli, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = _terminal.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment())
            start.Environment[name] = value;
        return start;
    }

    private static string Cli => BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ");

    private static Dictionary<string, string?> Environment() => new(StringComparer.Ordinal)
    {
        ["WRIT_SERVER_EXE"] = BrokerProcess.Executable("WRIT_SERVER_EXE", "src/Writ.Server", "writ-server"),
        ["WRIT_ORDERS_EXE"] = BrokerProcess.Executable("WRIT_ORDERS_EXE", "examples/orders-api", "orders-api"),
    };

    // Whatever runs with our folder among its arguments was started by a `writ dev` of this test.
    private IEnumerable<string> Children() =>
        Directory.EnumerateDirectories("/proc")
            .Where(folder => int.TryParse(Path.GetFileName(folder), out _))
            .Select(CommandLine)
            .Where(line => line.Contains(_terminal.Folder, StringComparison.Ordinal))
            .ToList();

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return "";
        }
    }
}
