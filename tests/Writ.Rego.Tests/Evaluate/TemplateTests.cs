namespace Writ.Rego.Tests.Evaluate;

/// <summary>Strings with expressions in them, of OPA 1.12.</summary>
public sealed class TemplateTests
{
    [Theory]
    [InlineData("p := $\"a{1 + 1}b\"", "\"a2b\"")]
    [InlineData("p := $\"{input.none}|{input.none.x + 1}\"", "\"<undefined>|<undefined>\"")]
    [InlineData("p := $\"{null} {true} {1.50} {\"x\"}\"", "\"null true 1.50 x\"")]
    [InlineData("p := $\"{[1, \"x\", null]} {{\"a\": {1}}} {{2, 1}} {set()} {{}}\"",
        "\"[1, \\\"x\\\", null] {\\\"a\\\": {1}} {1, 2} set() {}\"")]
    [InlineData("p := $\"\\{x} {1}\"", "\"{x} 1\"")]
    [InlineData("p := $\"}\"", "\"}\"")]
    [InlineData("p := $`\\{x\\} \\n {1}`", "\"{x} \\\\n 1\"")]
    [InlineData("p := $`a\n{1}\n`", "\"a\\n1\\n\"")]
    [InlineData("p := $\"{$\"in {$`{2}`}\"}\"", "\"in 2\"")]
    [InlineData("p := $\"{input.z with input.z as 3}\"", "\"3\"")]
    [InlineData("p := $\"{[x | some x in [1, 2]]}\"", "\"[1, 2]\"")]
    [InlineData("p := $\"{1 in [1]} {2 > 1}\"", "\"true true\"")]
    [InlineData("f(x) := $\"<{x}>\"\np := f(f(1))", "\"<<1>>\"")]
    [InlineData("p[$\"k{1}\"] := 2", "{\"k1\": 2}")]
    [InlineData("p contains $\"{x}!\" if some x in [1, 2]", "{\"1!\", \"2!\"}")]
    [InlineData("p := x if { some $\"u{1}\" in [\"u1\"]; x := 1 }", "1")]
    [InlineData("p := $\"\"", "\"\"")]
    [InlineData("p := $\"\\u0041\\t{1}\"", "\"A\\t1\"")]
    [InlineData("p := $\"{false}\"", "\"false\"")]
    [InlineData("p := $\"{q}\"\nq if false", "\"<undefined>\"")]
    public void Template_reads(string body, string value) => Assert.Equal(value, Policy.Evaluate(body));

    [Theory]
    [InlineData("p := $\"{not true}\"", "unexpected negation ('not') in template-string expression", 9)]
    [InlineData("p := $\"{1 = 1}\"", "unexpected unification ('=') in template-string expression", 9)]
    [InlineData("p := $\"{x := 1}\"", "unexpected assignment (':=') in template-string expression", 9)]
    [InlineData("p := $\"{every x in [1] { x }}\"", "unexpected 'every' in template-string expression", 9)]
    [InlineData("p := $\"{some x in [1]}\"", "unexpected 'some' in template-string expression", 9)]
    [InlineData("p := $\"{}\"", "invalid template-string expression", 9)]
    [InlineData("p := $\"{1; 2}\"", "expected } to end template string expression", 10)]
    [InlineData("p := $\"{1\"", "non-terminated string", 10)]
    [InlineData("p := $\"a", "non-terminated string", 6)]
    [InlineData("p := $x", "illegal $ character", 6)]
    [InlineData("p := $\"a\".b", "illegal ref (head cannot be templatestring)", 6)]
    public void Mistake_is_told(string body, string message, int column)
    {
        var error = Policy.Error(body);
        Assert.Equal(
            ("rego_parse_error", message, 2, column), (error.Code, error.Message, error.Row, error.Column));
    }

    [Theory]
    [InlineData("p := $\"{x}\"")]
    [InlineData("p := [1 | $\"{x}\"]")]
    public void Variable_that_nobody_declared_is_no_expression(string body)
    {
        var errors = Assert.Throws<RegoError>(() => Policy.Evaluate(body)).Diagnostics;
        Assert.Equal(("rego_compile_error", "var x is undeclared"), (Assert.Single(errors).Code, errors[0].Message));
    }
}
