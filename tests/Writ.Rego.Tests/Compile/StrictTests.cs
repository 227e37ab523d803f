namespace Writ.Rego.Tests.Compile;

public sealed class StrictTests
{
    [Theory]
    [InlineData("import data.a\np := 1", "import data.a unused")]
    [InlineData("p if { x := 1 }", "assigned var x unused")]
    [InlineData("p if { x := 1; y := x }", "assigned var y unused")]
    public void Strict_mode_finds_what_is_not_used(string body, string words)
    {
        Assert.Null(Compile(body, isStrict: false));
        Assert.Equal(words, Compile(body, isStrict: true));
    }

    [Theory]
    [InlineData("p if { some x; true }", "declared var x unused")]
    [InlineData("import data.a\nimport data.b.a\np := a", "import must not shadow import data.b.a")]
    [InlineData("input := 1", "rules must not shadow input (use a different rule name)")]
    [InlineData("f(data) := data", "variables must not shadow data (use a different variable name)")]
    public void Version_1_always_finds(string body, string words) =>
        Assert.Equal(words, Compile(body, isStrict: false));

    private static string? Compile(string body, bool isStrict)
    {
        try
        {
            new PolicyCompiler(PolicyOptions.Default with { IsStrict = isStrict })
                .Add("a.rego", $"package test\n{body}").Compile();
            return null;
        }
        catch (RegoError error)
        {
            return error.Diagnostics[0].Message;
        }
    }
}
