namespace Writ.Rego.Tests.Evaluate;

/// <summary><c>and</c> and <c>or</c> of OPA 1.20: they hold or do not, bind nothing and give no value.</summary>
public sealed class LogicalTests
{
    private const string Imports =
        "import future.keywords.and\nimport future.keywords.or\nimport future.keywords.not\n";

    [Theory]
    [InlineData("p if input.none or input.a", "true")]
    [InlineData("p if input.a and input.b", "true")]
    [InlineData("p if false and input.a or input.b", "true")]
    [InlineData("p if input.b or input.a and false", "true")]
    [InlineData("p if (input.none or input.a) and input.b", "true")]
    [InlineData("p if (input.none or input.a)", "true")]
    [InlineData("p if ((input.none or input.a))", "true")]
    [InlineData("p if { 1 + 1 == 2 and 3 in [1, 3] }", "true")]
    [InlineData("p if { {some x in input.xs; x > 2} or input.none }", "true")]
    [InlineData("p if {some x in input.xs; x > 2} and {some x in input.xs; x < 2}", "true")]
    [InlineData("p if { y := 3; { x := y; x > 1 } or input.none }", "true")]
    [InlineData("p if not input.none and input.a", "true")]
    [InlineData("p if not (input.none or input.c)", "true")]
    [InlineData("p if not { input.a; input.none } and input.a", "true")]
    [InlineData("p if input.none or not (input.none)", "true")]
    [InlineData("p := [x | some x in [1, 2, 3]; x > 1 or x < 3]", "[1, 2, 3]")]
    [InlineData("p := [x | some x in [1, 2, 3]; x == 1 or x == 3]", "[1, 3]")]
    [InlineData("p if input.none or input.q with input.q as true", "true")]
    [InlineData("p if input.none or (input.q with input.q as true)", "true")]
    [InlineData("p if (input.q with input.q as true) and input.a", "true")]
    [InlineData("p if input.none or { input.q with input.q as true }", "true")]
    [InlineData("p if { {y | some y in input.xs} == {1, 2, 3} }", "true")]
    [InlineData("p if { x := {1, 2} | {3}; count(x) == 3 or false }", "true")]
    [InlineData("p := or({1}, {2})", "{1, 2}")]
    [InlineData("p if and({1, 2}, {2}) == {2} and input.a", "true")]
    [InlineData("p if ({1}) and input.a", "true")]
    [InlineData("p if input.or.and[\"or\"] or false", "true")]
    [InlineData("p if every x in input.xs { x > 0 and x < 10 }", "true")]
    [InlineData("p := 1 if { false } else := 2 if input.none or input.a", "2")]
    [InlineData("f(x) if x > 2 or x < 0\np := [x | some x in [-1, 0, 1, 3]; f(x)]", "[-1, 3]")]
    [InlineData("p if input.a and\n\tinput.b or\n\tinput.none", "true")]
    public void Expression_holds(string body, string value) => Assert.Equal(value, Evaluate(body));

    [Theory]
    [InlineData("p if input.none or input.c")]
    [InlineData("p if input.a and input.none")]
    [InlineData("p if (input.a or input.b) and input.c")]
    [InlineData("p if not input.a and input.b")]
    [InlineData("p if not (input.none or input.a)")]
    [InlineData("p if { x := 5; { x := 3; x == 5 } or false }")]
    public void Expression_does_not_hold(string body) => Assert.Null(Evaluate(body));

    [Fact]
    public void What_is_decided_is_not_asked() => Assert.Equal(
        "true", Evaluate("p if input.a or q > 0\nq := 1 if input.a\nq := 2 if input.a"));

    [Theory]
    [InlineData("p if { x := 1 or input.b }", "rego_compile_error", "cannot assign vars inside implicit or operand", 8)]
    [InlineData("p if { input.b and x := 1 }", "rego_compile_error",
        "cannot assign vars inside implicit and operand", 20)]
    [InlineData("p if { not x := 1 }", "rego_compile_error", "cannot assign vars inside negated expression", 12)]
    [InlineData("p if { x = 1 or input.b }", "rego_unsafe_var_error", "var x is unsafe", 8)]
    [InlineData("p if { {x := 1} and x == 1 }", "rego_unsafe_var_error", "var x is unsafe", 8)]
    [InlineData("p if { input.xs[_] > 1 or input.b }", "rego_unsafe_var_error", "var _ is unsafe", 8)]
    [InlineData("p if { input.a with input.a as 1 or input.b }", "rego_parse_error",
        "`with` modifier is not allowed on operand of `or`", 16)]
    [InlineData("p if { {1: 2}[1] or input.b }", "rego_parse_error",
        "operand of `or` cannot begin with `{` unless the braces hold a body", 8)]
    [InlineData("p if { input.b or {1, 2} }", "rego_parse_error",
        "operand of `or` cannot begin with `{` unless the braces hold a body", 19)]
    [InlineData("p if { input.b or {} }", "rego_parse_error", "found empty body", 20)]
    [InlineData("p if { input.b or () }", "rego_parse_error", "empty parenthesized group", 19)]
    [InlineData("p if { (input.a or input.b }", "rego_parse_error", "expected ) to close parenthesized group", 28)]
    [InlineData("p if { input.a or {input.x | input.y} }", "rego_parse_error", "ambiguous `{ ... | ... }` operand", 19)]
    [InlineData("p if not {1, 2}", "rego_parse_error",
        "`{...}` in an operand position must contain expression(s), got: set", 10)]
    [InlineData("p if ({input.a; input.b}) or input.c", "rego_parse_error",
        "`(...)` in an operand position cannot contain a body", 6)]
    [InlineData("p := input.a or input.b", "rego_parse_error", "unexpected or keyword", 14)]
    [InlineData("p := [input.a or input.b]", "rego_parse_error", "unexpected or keyword", 15)]
    [InlineData("or := 1", "rego_parse_error", "unexpected or keyword", 1)]
    public void Mistake_is_told(string body, string code, string message, int column)
    {
        var error = Assert.Throws<RegoError>(() => Evaluate(body)).Diagnostics[0];
        Assert.Equal((code, 5, column), (error.Code, error.Row, error.Column));
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("import rego.v2\np if input.none or not { input.c }", "true")]
    [InlineData("import rego.v1\nimport rego.v2\np if input.a and input.b", "true")]
    [InlineData("import future.keywords\np if input.none or not { input.c }", "true")]
    [InlineData("import rego.v1\nand := 1\nor := 2\np := and + or", "3")]
    public void Import_brings_the_words(string body, string value) => Assert.Equal(value, Run(body));

    [Theory]
    [InlineData("import rego.v1\np if input.a or input.b")]
    [InlineData("import future.keywords.or\np if input.a and input.b")]
    [InlineData("import future.keywords.and\nimport future.keywords.or\np if not (input.a or input.b)")]
    public void Word_without_its_import_is_no_sign(string body) => Assert.Throws<RegoError>(() => Run(body));

    [Fact]
    public void Deep_brackets_are_read_once_a_level()
    {
        var nested = string.Concat(Enumerable.Repeat("({", 60)) + "1" + string.Concat(Enumerable.Repeat("})", 60));
        Assert.Equal("true", Evaluate($"p if {{ x := {nested}; {nested} == x or false }}".Replace(
            $"{nested} ==", $"({nested}) ==", StringComparison.Ordinal)));
    }

    private static string? Evaluate(string body) => Run(Imports + body);

    private static string? Run(string body) => Policy.Evaluate(
        body, """{"a": true, "b": true, "c": false, "xs": [1, 2, 3], "or": {"and": {"or": 1}}}""");
}
