using System.Text.Json.Nodes;

namespace Writ.Cli.Tests.Policies;

public sealed class CheckVerbTests : IDisposable
{
    private readonly PolicyFolder _folder = new PolicyFolder()
        .Put("good/a.rego", "package a\n\np if input.x\n")
        .Put("good/data.json", "not looked at")
        .Put("bad.rego", "package a\n\np if input.x == y\n")
        .Put("loose.rego", "package a\n\nimport data.b\n\np := 1\n")
        .Put("old.rego", "package a\n\np { input.x }\n");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_said_of_what_compiles() =>
        Assert.Equal(new Command(0, "", ""), await _folder.RunAsync("check", "good"));

    [Fact]
    public async Task Mistake_is_shown_with_its_place() => Assert.Equal(
        new Command(
            1, "",
            "1 error occurred: bad.rego:3:6: rego_unsafe_var_error: var y is unsafe\n\tp if input.x == y\n\t"
            + "     ^\n"),
        await _folder.RunAsync("check", "bad.rego"));

    [Fact]
    public async Task Mistakes_are_a_document_when_wanted()
    {
        var result = await _folder.RunAsync("check", "-f", "json", "bad.rego");

        Assert.Equal(3, (int)JsonNode.Parse(result.Errors)!["errors"]![0]!["location"]!["row"]!);
    }

    [Theory]
    [InlineData("check loose.rego", 0)]
    [InlineData("check --strict loose.rego", 1)]
    [InlineData("check old.rego", 1)]
    [InlineData("check --v0-compatible old.rego", 0)]
    [InlineData("check nowhere", 1)]
    [InlineData("check", 2)]
    public async Task It_ends_as_opa_does(string line, int code) =>
        Assert.Equal(code, (await _folder.RunAsync(line.Split(' '))).ExitCode);

    [Theory]
    [InlineData("check good", 0)]
    [InlineData("check --schema schema.json good", 1)]
    [InlineData("check -s schemas noted.rego", 1)]
    [InlineData("check -s nowhere good", 1)]
    [InlineData("check inline.rego", 1)]
    public async Task Schemas_are_held_against_the_policy(string line, int code)
    {
        _folder.Put("schema.json", """{"type": "object", "properties": {"y": {"type": "string"}}}""")
            .Put("schemas/in/put.json", """{"type": "object", "properties": {"y": {"type": "string"}}}""")
            .Put("noted.rego", "package a\n\n# METADATA\n# schemas:\n#   - input: schema[\"in\"].put\np if input.x\n")
            .Put("inline.rego", "package a\n\n# METADATA\n# schemas: [{input: {properties: {y: {}}}}]\np if input.x\n");

        var result = await _folder.RunAsync(line.Split(' '));

        Assert.Equal(code, result.ExitCode);
        if (code == 1 && !line.Contains("nowhere", StringComparison.Ordinal))
            Assert.Contains("undefined ref: input.x\n\tinput.x\n\t      ^\n\thave: \"x\"", result.Errors);
    }
}
