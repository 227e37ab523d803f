using System.Globalization;
using Writ.Testing;

namespace Writ.Client.Tests;

/// <summary>What a child of the same user cannot get out of the run. Root could: so the run is nobody's.</summary>
public sealed class ProcessHardeningTests : IAsyncLifetime
{
    private const string Nobody = "65534";

    private RunProcess _run = null!;

    public async ValueTask InitializeAsync() => _run = await RunProcess.PrepareAsync();

    public ValueTask DisposeAsync() => _run.DisposeAsync();

    [Theory]
    [InlineData("environ", "cat /proc/$PPID/environ")]
    [InlineData("memory", "head -c 1 /proc/$PPID/mem")]
    [InlineData("maps", "cat /proc/$PPID/maps")]
    [InlineData("descriptors", "ls /proc/$PPID/fd")]
    [InlineData("diagnostics", "ls ${TMPDIR:-/tmp}/dotnet-diagnostic-$PPID-*")]
    public async Task Child_of_the_same_user_cannot_read_it(string what, string attempt)
    {
        var run = await AsNobodyAsync($"id -u; {attempt} >/dev/null 2>&1 && echo got it || echo refused");
        Assert.True(run.ExitCode == 0, run.Errors);
        Assert.DoesNotContain("got it", run.Output, StringComparison.Ordinal);
        Assert.Contains("refused", run.Output, StringComparison.Ordinal);
        Assert.NotEmpty(what);
    }

    [Fact]
    public async Task Child_of_an_unprivileged_run_is_served()
    {
        var run = await AsNobodyAsync(
            "curl -sS -H \"Authorization: Bearer $WRIT_RUN_KEY\" $WRIT_RUN_URL/api/orders/orders");
        Assert.EndsWith("fine", run.Output, StringComparison.Ordinal);
    }

    private async Task<Command> AsNobodyAsync(string script)
    {
        var executable = Path.ChangeExtension(typeof(RunProcess).Assembly.Location, null);
        string[] arguments = [RunHost.Name, _run.Broker.Url, _run.KeyFile, "sh", "-c", script];
        if (Environment.UserName is not "root")
            return await Command.RunAsync(executable, arguments);

        // The tree may lie where only root gets to.
        var folder = Path.GetDirectoryName(_run.KeyFile)!;
        var copy = Path.Combine(folder, "run");
        await Command.RunAsync("cp", ["-r", Path.GetDirectoryName(executable)!, copy]);
        await Command.RunAsync("chown", ["-R", Nobody, folder]);
        string[] command = [Path.Combine(copy, Path.GetFileName(executable)), .. arguments];
        var home = string.Create(CultureInfo.InvariantCulture, $"HOME={folder}");
        return await Command.RunAsync(
            "setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "env", home, .. command]);
    }
}
