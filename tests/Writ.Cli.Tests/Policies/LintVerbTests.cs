using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

public sealed class LintVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("p/bad.rego", "package a\n\nimport data.b\n\np := input.x == 1\n")
        .Put("good.rego", "package a\n\np if input.x == 1\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Findings_are_told_with_place_and_mend() => Assert.Equal(
        new Command(
            3,
            """
            p/bad.rego:3:1: imports/unused-import
                import data.b
              Take out an import that nothing uses.

            p/bad.rego:5:1: idiomatic/boolean-assignment
                p := input.x == 1
              Write the comparison behind if: p if x == y.

            1 files, 2 findings

            """, ""),
        await _folder.RunAsync("lint", "p"));

    [Fact]
    public async Task Findings_are_a_document_when_wanted()
    {
        var result = await _folder.RunAsync("lint", "-f", "json", "p");

        var first = JsonNode.Parse(result.Output)!["violations"]![0]!;
        Assert.Equal(("unused-import", 3), ((string?)first["title"], (int)first["location"]!["row"]!));
    }

    [Theory]
    [InlineData("lint good.rego", 0)]
    [InlineData("lint --disable idiomatic --disable unused-import p", 0)]
    [InlineData("lint --enable bugs p", 0)]
    [InlineData("lint --enable imports p", 3)]
    [InlineData("lint --enable unknown p", 2)]
    [InlineData("lint nowhere", 1)]
    public async Task It_ends_with_3_when_something_was_found(string line, int code) =>
        Assert.Equal(code, (await _folder.RunAsync(line.Split(' '))).ExitCode);
}
