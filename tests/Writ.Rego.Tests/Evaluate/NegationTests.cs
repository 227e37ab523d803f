namespace Writ.Rego.Tests.Evaluate;

/// <summary>What <c>not</c> negates: the last part of an expression, or with its import all of it.</summary>
public sealed class NegationTests
{
    private const string Input = """{"name": "ann", "xs": [[1], [1, 2]], "roles": ["a"]}""";

    [Theory]
    [InlineData("p if not input.none")]
    [InlineData("p if not input.none.deep")]
    [InlineData("p if not input.none == 1")]
    [InlineData("p if not input.none = 1")]
    [InlineData("p if not startswith(input.name, \"b\")")]
    [InlineData("p if not \"b\" in input.roles")]
    [InlineData("p if not count(input.xs[_]) > 1")]
    [InlineData("q contains 1\np if not 2 in q")]
    [InlineData("q contains 1\np if not q[2]")]
    public void Negation_holds(string body) => Assert.Equal("true", Policy.Evaluate(body, Input));

    [Theory]
    [InlineData("p if not startswith(input.none, \"b\")")]
    [InlineData("p if not \"b\" in input.none")]
    [InlineData("p if not count(input.none) > 1")]
    [InlineData("p if not input.name[input.none]")]
    [InlineData("p if not input.none != 1")]
    [InlineData("p if not [input.none] == [1]")]
    [InlineData("f(x) if x\np if not f(input.none)")]
    public void Undefined_operand_fails_the_body_without_the_import(string body) =>
        Assert.Null(Policy.Evaluate(body, Input));

    [Theory]
    [InlineData("p if not startswith(input.none, \"b\")", "true")]
    [InlineData("p if not \"b\" in input.none", "true")]
    [InlineData("p if not count(input.none) > 1", "true")]
    [InlineData("p if not input.name[input.none]", "true")]
    [InlineData("f(x) if x\np if not f(input.none)", "true")]
    [InlineData("p if not { x := input.xs[_]; count(x) > 2 }", "true")]
    [InlineData("p if not { count(input.xs[i]) > i + 1 }", "true")]
    [InlineData("p := [x | some x in [1, 2, 3]; not { y := x * 2; y > 3 }]", "[1]")]
    [InlineData("p if not input.q with input.q as false", "true")]
    [InlineData("p if not { input.q } with input.q as false", "true")]
    [InlineData("p if not (not input.name)", "true")]
    public void Undefined_operand_is_negated_with_the_import(string body, string value) =>
        Assert.Equal(value, Policy.Evaluate("import future.keywords.not\n" + body, Input));

    [Theory]
    [InlineData("p if not input.xs[_][0] == 1", "var _ is unsafe")]
    [InlineData("p if not startswith(x, \"b\")", "var x is unsafe")]
    [InlineData("import future.keywords.not\np if not count(input.xs[_]) > 1", "var _ is unsafe")]
    public void Negation_binds_nothing(string body, string message)
    {
        var error = Policy.Error(body, Input);
        Assert.Equal(("rego_unsafe_var_error", message), (error.Code, error.Message));
    }
}
