using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Evaluate;

public sealed class RuleIndexTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(3_000)]
    public void Rules_that_ask_for_another_value_cost_no_step(int rules)
    {
        var text = new StringBuilder("package test\n");
        for (var i = 0; i < rules; i++)
        {
            text.Append($"allow if {{ input.key == \"k{i}\"; some x in [1, 2, 3]; x == input.n }}\n");
        }

        var query = new PolicyCompiler().Add("a.rego", text.ToString()).Compile().PrepareValue("data.test.allow");
        var input = RegoValue.ParseJson("{\"key\": \"k7\", \"n\": 3}");
        var limits = new EvaluationLimits { Steps = 10 };
        Assert.Equal(RegoBoolean.True, query.Run(new QueryInput { Input = input, Limits = limits }));
    }

    [Theory]
    [InlineData("\"a\"", "1")]
    [InlineData("\"b\"", "2")]
    [InlineData("\"c\"", "3")]
    [InlineData("\"d\"", "3")]
    [InlineData("\"z\"", null)]
    [InlineData("1", "4")]
    public void Each_rule_is_found_by_its_value(string key, string? value) => Assert.Equal(value, Policy.Evaluate(
        """
        p := 1 if input.key == "a"
        p := 2 if "b" = input.key
        p := 3 if input.key in {"c", "d"}
        p := 4 if { input.key == 1.0 }
        p := 5 if { input.other == 1.0 }
        """,
        $"{{\"key\": {key}}}"));

    [Fact]
    public void Function_is_found_by_its_constant_argument() => Assert.Equal("[1, 3, 9]", Policy.Evaluate(
        """
        f("a", _) := 1
        f("b", x) := x
        f("c", _) := 2
        f("d", _) := 4
        f(_, 8) := 9
        p := [f("a", 0), f("b", 3), f("z", 8)]
        """));

    [Fact]
    public void Conflict_is_seen_between_an_indexed_rule_and_another() => Assert.Equal(
        "eval_conflict_error",
        Policy.Error(
        """
        p := 1 if input.key == "a"
        p := 2 if input.key == "b"
        p := 3 if input.key == "c"
        p := 4 if input.key == "d"
        p := 5 if input.other
        """,
        "{\"key\": \"a\", \"other\": true}").Code);
}
