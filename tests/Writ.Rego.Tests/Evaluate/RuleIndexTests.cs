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

    /// <summary>What finds a rule is not compared again: what else the rule says of the same place must be.</summary>
    [Theory]
    [InlineData("{\"key\": \"a\", \"n\": 1}", "1")]
    [InlineData("{\"key\": \"a\", \"n\": 2}", null)]
    [InlineData("{\"key\": \"b\", \"n\": 1}", null)]
    [InlineData("{\"key\": \"c\", \"n\": 1}", "3")]
    [InlineData("{\"key\": \"d\", \"n\": 1}", null)]
    public void All_else_that_a_found_rule_says_must_hold(string input, string? value) => Assert.Equal(
        value,
        Policy.Evaluate(
            """
            p := 1 if { input.key == "a"; input.n == 1 }
            p := 2 if { input.key == "b"; input.key == "a" }
            p := 3 if { input.key in {"c", "d"}; input.key == "c" }
            p := 4 if { input.key == "e" }
            """,
            input));

    [Fact]
    public void Rules_are_found_in_the_world_of_with() => Assert.Equal("[1, 2, 0]", Policy.Evaluate(
        """
        default q := 0
        q := 1 if input.key == "a"
        q := 2 if input.key == "b"
        q := 3 if input.key == "c"
        q := 4 if input.key == "d"
        p := [q, x, y] if { x := q with input.key as "b"; y := q with input as {} }
        """,
        "{\"key\": \"a\"}"));

    [Fact]
    public void Calls_are_remembered_however_many_they_are() => Assert.Equal("[true, 30]", Policy.Evaluate(
        """
        f(x, y) := [x, y]
        p := [same, count(all)] if {
          all := {f(x, y) | some x in numbers.range(1, 10); some y in [[], {}, "a"]}
          same := all == {f(x, y) | some y in [[], {}, "a"]; some x in numbers.range(1, 10)}
        }
        """));

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
