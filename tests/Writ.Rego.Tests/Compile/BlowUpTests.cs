using System.Text;

namespace Writ.Rego.Tests.Compile;

/// <summary>
/// Long and deep modules, whose time to compile would be beyond all bounds if any stage were worse than linear in
/// their length by much: each of them ends, in a policy or a <see cref="RegoError"/>.
/// </summary>
public sealed class BlowUpTests
{
    [Theory]
    [InlineData("[x | x := ", "1", "]", 40)]
    [InlineData("{x | some x in ", "input", "}", 40)]
    [InlineData("{x: y | some x, y in ", "input", "}", 40)]
    [InlineData("[1 | every x in [1] { ", "true", " }]", 40)]
    [InlineData("[1, ", "1", "]", 60)]
    [InlineData("{1: ", "1", "}", 60)]
    [InlineData("count([1 | not ", "input.x", "])", 40)]
    [InlineData("[a | b, ", "1", "]", 60)]
    [InlineData("{a | ", "b", " | c, d}", 12)]
    [InlineData("$\"{", "1", "}\"", 20)]
    [InlineData("input[", "input.x", "]", 60)]
    [InlineData("object.get(input, ", "1", ", {})", 60)]
    public void Deep_terms_compile_or_are_refused(string open, string middle, string close, int depth)
    {
        var term = new StringBuilder();
        for (var i = 0; i < depth; i++)
        {
            term.Append(open);
        }

        term.Append(middle);
        for (var i = 0; i < depth; i++)
        {
            term.Append(close);
        }

        Compile($"p := {term}\nq if {{ {term} == input.y }}");
    }

    [Theory]
    [InlineData(20_000, "r{0} := {0} if input.x == {0}")]
    [InlineData(20_000, "r := {0} if input.x == {0}")]
    [InlineData(20_000, "r contains {0} if input.x == {0}")]
    [InlineData(20_000, "r[\"{0}\"] := {0} if input.x == {0}")]
    [InlineData(5_000, "r.a.b{0}.c := {0}")]
    [InlineData(5_000, "f(\"{0}\", x) := x + {0}")]
    [InlineData(5_000, "r contains x if {{ x := data.test.s{0}; f{0}(x) }}\ns{0} := {0}\nf{0}(x) if x > 0")]
    public void Many_rules_compile(int count, string rule) => Compile(string.Join('\n', Enumerable.Range(0, count)
        .Select(i => rule.Replace("{0}", $"{i}", StringComparison.Ordinal).Replace("{{", "{", StringComparison.Ordinal)
            .Replace("}}", "}", StringComparison.Ordinal))));

    [Fact]
    public void A_long_chain_of_else_compiles() => Compile("p := 0 if input.x == 0"
        + string.Concat(Enumerable.Range(1, 2_000).Select(i => $" else := {i} if input.x == {i}")));

    [Fact]
    public void A_long_chain_of_with_compiles() => Compile("q := input.x\np if q"
        + string.Concat(Enumerable.Range(1, 2_000).Select(i => $" with input.x{i} as {i}")));

    [Fact]
    public void A_long_body_compiles_in_whatever_order() => Compile("p if {\n"
        + string.Join('\n', Enumerable.Range(0, 2_000).Select(i => $"x{i} = x{i + 1} + 1")) + "\nx2000 = 1\n}");

    [Fact]
    public void A_long_union_compiles() => Compile(
        $"p := {string.Join(" | ", Enumerable.Range(0, 400).Select(i => $"{{{i}}}"))}");

    [Fact]
    public void Types_of_values_that_double_do_not()
    {
        var rules = Enumerable.Range(1, 60).Select(i => $"x{i} := {{\"a\": x{i - 1}, \"b\": [x{i - 1}]}}");
        Compile($"x0 := [1]\n{string.Join('\n', rules)}\np if x60 == x59\nq := count(x60.a.b)");
    }

    private static void Compile(string body)
    {
        try
        {
            new PolicyCompiler().Add("a.rego", $"package test\n{body}").Compile().PrepareValue("data.test.p");
        }
        catch (RegoError)
        {
            // Too deep, for instance: that is an answer.
        }
    }
}
