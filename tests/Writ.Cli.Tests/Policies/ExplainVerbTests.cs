using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

public sealed class ExplainVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder().Put("a.rego", """
        package a

        default allow := false

        allow if {
        	known
        	input.days < 90
        }

        known if input.user in data.people
        """).Put("data.json", """{"people": ["ann"]}""");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Answer_is_said_with_its_rules_and_facts()
    {
        var result = await _folder.PipeAsync(
            """{"user": "ann", "days": 100}""", "explain", "-d", "a.rego", "-d", "data.json", "-I", "data.a.allow");

        Assert.Equal(
            """
            data.a.allow: false
              data.a.allow (a.rego:5) did not hold: line 7, input.days < 90
                data.a.known (a.rego:10) held
              data.a.allow (a.rego:3) held
            It looked at
              data.people: ["ann"]
              input.days: 100
              input.user: "ann"

            """, result.Output);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task It_is_a_document_when_wanted()
    {
        var result = await _folder.RunAsync("explain", "-f", "json", "-d", "a.rego", "data.a.allow");

        var report = JsonNode.Parse(result.Output)!;
        Assert.False((bool)report["rules"]![0]!["held"]!);
        Assert.Equal(6, (int)report["rules"]![0]!["failed_at"]!["row"]!);
    }

    [Fact]
    public async Task Mistakes_end_with_2() =>
        Assert.Equal(2, (await _folder.RunAsync("explain", "-d", "nowhere", "data.a.allow")).ExitCode);
}
