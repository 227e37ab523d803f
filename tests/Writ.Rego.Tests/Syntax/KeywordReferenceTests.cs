using Writ.Rego.Values;

namespace Writ.Rego.Tests.Syntax;

/// <summary>Keywords as parts of references, first or later, of OPA 1.6.</summary>
public sealed class KeywordReferenceTests
{
    private static readonly string[] Words =
        ["package", "import", "as", "default", "else", "with", "null", "true", "false", "not", "some", "if", "contains",
        "in", "every"];

    public static TheoryData<string> Keywords => [.. Words];

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_is_a_part_of_a_reference(string word) => Assert.Equal(
        "[1, 1, 2]",
        Policy.Evaluate(
            $"x.{word}.y := 1\nz[\"{word}\"] := 2\np := [x.{word}.y, x[\"{word}\"].y, data.test.z.{word}]"));

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_begins_a_rules_reference(string word) => Assert.Equal(
        "[1, 2]",
        Policy.Evaluate(
            $"default {word}.d := 2\n{word}.d := 3 if false\n{word}.x := 1\n"
            + $"p := [data.test.{word}.x, data.test.{word}.d]"));

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_begins_an_expression(string word) => Assert.Equal(
        "true", Policy.Evaluate($"{word}.x := 1\np if {{\n\t{word}.x\n\t{word}[\"x\"] == 1\n}}"));

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_is_a_package(string word)
    {
        Assert.Equal("1", Value($"package {word}\np := 1", $"data.{word}.p"));
        Assert.Equal("1", Value($"package {word}.{word}\np := 1", $"data[\"{word}\"].{word}.p"));
        Assert.Equal("1", Value($"package a.{word}.b\np := 1", $"data.a.{word}.b.p"));
    }

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_ends_no_import_that_has_no_other_name(string word)
    {
        var error = Policy.Error($"import data.a.{word}\np := 1");
        Assert.Equal(("rego_parse_error", 2), (error.Code, error.Row));
        Assert.StartsWith(
            $"unexpected import path, must not end with a keyword, got: {word} (", error.Message,
            StringComparison.Ordinal);
        Assert.Equal("2", Policy.Evaluate($"import data.test.a.{word} as b\na.{word}.c := 2\np := b.c"));
        Assert.Equal("2", Policy.Evaluate($"import data.test.{word}.c\n{word}.c := 2\np := c"));
    }

    [Theory]
    [MemberData(nameof(Keywords))]
    public void Keyword_alone_is_no_name(string word)
    {
        if (word is "null" or "true" or "false" or "contains")
            return;
        Assert.Throws<RegoError>(() => Policy.Evaluate($"{word} := 1\np := 1"));
        Assert.Throws<RegoError>(() => Policy.Evaluate($"p if {{ {word} := 1; {word} }}"));
        Assert.Throws<RegoError>(() => Policy.Evaluate($"p := x if x := {word}.y"));
    }

    [Theory]
    [InlineData("if.x := 1\nelse.x := 2\np := data.test[\"else\"].x", "2")]
    [InlineData("p := 1 if { false } else := 3\nelse.x := 2", "3")]
    [InlineData("contains.x contains 1\np := data.test.contains.x", "{1}")]
    [InlineData("not.x if { true }\np if { input.none == 1 }\np if { not.x }", "true")]
    public void Keyword_before_a_point_is_a_name(string body, string value) =>
        Assert.Equal(value, Policy.Evaluate(body));

    [Theory]
    [InlineData("package a\nimport input.if\np { if.x }", "true")]
    [InlineData("package a\nimport future.keywords.in\nif.x = 1\np { 1 in [data.a.if.x]; if.x }", "true")]
    public void Words_of_v1_are_names_in_v0(string module, string value)
    {
        var policy = new PolicyCompiler(PolicyOptions.Default with { Version = RegoVersion.V0 })
            .Add("a.rego", module).Compile();
        var input = RegoValue.ParseJson("""{"if": {"x": 1}}""");
        var result = policy.Prepare("x = data.a.p").Run(new QueryInput { Input = input });
        Assert.Equal(value, result[0][RegoString.Of("x")].ToString());
    }

    private static string Value(string module, string query) =>
        Policy.Query(module, "x := " + query)[0][RegoString.Of("x")].ToString();
}
