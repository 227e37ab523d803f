namespace Writ.Rego.Tests.Evaluate;

/// <summary>The language where its documents say what it means, beside the conformance suite.</summary>
public sealed class LanguageTests
{
    [Theory]
    [InlineData("p := x if { x = y; y = 1 }", "1")]
    [InlineData("p := [x, y] if { [x, 2] = [1, y] }", "[1, 2]")]
    [InlineData("p := {k: v | some k, v in {\"a\": 1}}", "{\"a\": 1}")]
    [InlineData("p if every x in [1, 2] { x > 0 }", "true")]
    [InlineData("p if every x in [] { x > 0 }", "true")]
    [InlineData("p if not input.x", "true")]
    [InlineData("f(x) := x + 1\np := f(f(1))", "3")]
    [InlineData("p contains x if some x in [3, 1, 3]", "{1, 3}")]
    [InlineData("p.a[x] := y if some x, y in [5]", "{\"a\": {0: 5}}")]
    [InlineData("default p := 7\np := 1 if false", "7")]
    [InlineData("p := 1 if { false } else := 2 if { true } else := 3", "2")]
    [InlineData("p := x if x := input.a with input.a as 4", "4")]
    [InlineData("q := input.a\np := x if { x := q with input as {\"a\": 9} }", "9")]
    [InlineData("p := x if { x := count([1]) with count as 5 }", "5")]
    [InlineData("p := $\"a{1 + 1}b{input.none}\"", "\"a2b<undefined>\"")]
    [InlineData("p := $`{[1]}\\{x}`", "\"[1]{x}\"")]
    [InlineData("x.if.contains := 1\np := x.if[\"contains\"]", "1")]
    [InlineData("p if {1, 2} == {2, 1}", "true")]
    [InlineData("p := {1 | 2} | {3}", "{1, 3}")]
    [InlineData("q := 3\np := [-q, 1 - -q, -.5, .25, -count([1])]", "[-3, 4, -0.5, 0.25, -1]")]
    [InlineData("q := [{\"a\": 1}]\np := x if x := input.a with input as q[i]", "1")]
    [InlineData("p := x if { some k; v := {\"a\": 1}[k]; x := [k, v] }", "[\"a\", 1]")]
    public void Rule_has_the_value(string body, string value) => Assert.Equal(value, Policy.Evaluate(body));

    [Theory]
    [InlineData("p if input.x.y")]
    [InlineData("p := x if { x := [i | i := 1][2] }")]
    [InlineData("p if { [x, y] = [i | i := 1]; x; y }")]
    [InlineData("f(1) := 2\np := f(2)")]
    [InlineData("p if every x in input.x { x }")]
    public void Rule_is_undefined(string body) => Assert.Null(Policy.Evaluate(body));

    [Theory]
    [InlineData("p := x if x > 1", "rego_unsafe_var_error", 2, 11)]
    [InlineData("p if p", "rego_recursion_error", 2, 1)]
    [InlineData("p := q\nq := p", "rego_recursion_error", 2, 1)]
    [InlineData("p := nothing(1)", "rego_type_error", 2, 6)]
    [InlineData("p := count()", "rego_type_error", 2, 6)]
    [InlineData("p if { x := 1; x := 2 }", "rego_compile_error", 2, 16)]
    [InlineData("p if { x > 1; x := 2 }", "rego_compile_error", 2, 15)]
    [InlineData("p { true }", "rego_parse_error", 2, 1)]
    [InlineData("p if {", "rego_parse_error", 2, 7)]
    [InlineData("p contains 1\np[x] := 2 if x := 1", "rego_type_error", 2, 1)]
    [InlineData("p[x] := 2 if x := 1\np contains 1", "rego_type_error", 2, 1)]
    [InlineData("p := {}\np[x] := 2 if x := 1", "rego_type_error", 2, 1)]
    [InlineData("p.q contains 1\np.q[x] := 2 if x := 1", "rego_type_error", 2, 1)]
    [InlineData("p if { x := y; x = 7 }", "rego_unsafe_var_error", 2, 8)]
    [InlineData("p if { input.a == x with input.b as x }", "rego_unsafe_var_error", 2, 8)]
    [InlineData("p if { x := input.a with input.b as x }", "rego_compile_error", 2, 8)]
    [InlineData("p if { input.a[x] with input.b as x }", "rego_unsafe_var_error", 2, 8)]
    [InlineData("p := x if { x := -input.a; -\"a\" }", "rego_parse_error", 2, 29)]
    [InlineData("p := 1 + \"a\"", "rego_type_error", 2, 6)]
    [InlineData("p if { x := 1; x = \"a\" }", "rego_type_error", 2, 16)]
    [InlineData("q := {\"a\": 1}\np := q.b", "rego_type_error", 3, 6)]
    [InlineData("p := x.y if x := 1", "rego_type_error", 2, 6)]
    [InlineData("p := any([true])", "rego_type_error", 2, 6)]
    [InlineData("p if { input := 1; input }", "rego_compile_error", 2, 8)]
    [InlineData("p := 1\np := 2", "eval_conflict_error", 3, 1)]
    [InlineData("p[x] := y if { x := 1; some y in [1, 2] }", "eval_conflict_error", 2, 1)]
    public void Mistake_is_told_with_its_place(string body, string code, int row, int column)
    {
        var error = Policy.Error(body);
        Assert.Equal((code, "test.rego", row, column), (error.Code, error.File, error.Row, error.Column));
    }
}
