namespace Writ.Cli.Tests.Guides;

/// <summary>docs/policy.md, run by a shell as it is written.</summary>
public sealed class PolicyGuideTests : IDisposable
{
    private readonly Terminal _terminal = new();

    public void Dispose() => _terminal.Dispose();

    [Fact]
    public async Task Policies_are_written_asked_and_bundled_as_it_says()
    {
        var guide = Guide.Of("docs/policy.md");
        Directory.CreateDirectory(_terminal.At("bin"));
        File.CreateSymbolicLink(
            _terminal.At("bin/writ"), BrokerProcess.Executable("WRIT_CLI_EXE", "src/Writ.Cli", "writ"));
        var script = string.Concat(guide.Boxes.Where(box => box.Language == "sh").Select(box => box.Text));
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PATH"] = $"{_terminal.At("bin")}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        var run = await Command.RunAsync(
            "bash", ["-euxo", "pipefail", "-c", script], environment, _terminal.Folder, TimeSpan.FromMinutes(2));

        var said = run.Succeeded();
        Assert.Contains(guide.Boxes.Single(box => box.Language == "text").Text, said, StringComparison.Ordinal);
        Assert.Contains("PASS: 3/3", said, StringComparison.Ordinal);
    }
}
