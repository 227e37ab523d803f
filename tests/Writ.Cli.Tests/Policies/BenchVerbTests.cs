using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

public sealed class BenchVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder().Put("a.rego", "package a\n\nallow if input.x == 1\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Figures_are_told_as_opa_tells_them()
    {
        var result = await _folder.PipeAsync("x: 1", "bench", "-d", "a.rego", "-I", "-f", "json", "data.a.allow");

        var report = JsonNode.Parse(result.Output)!;
        var count = (long)report["N"]!;
        Assert.True(count > 10);
        Assert.True((long)report["T"]! > 0);
        Assert.Equal(count, (double)report["Extra"]!["histogram_timer_rego_query_eval_ns_count"]!);
        Assert.NotNull(report["Extra"]!["histogram_timer_rego_query_eval_ns_99.9%"]);
    }

    [Fact]
    public async Task Undefined_answer_is_no_answer() => Assert.Equal(
        new Command(1, "", "error: undefined result\n"),
        await _folder.RunAsync("bench", "-d", "a.rego", "data.a.allow"));

    [Fact]
    public async Task Mistakes_are_told() =>
        Assert.Equal(1, (await _folder.RunAsync("bench", "-d", "nowhere", "data.a.allow")).ExitCode);
}
