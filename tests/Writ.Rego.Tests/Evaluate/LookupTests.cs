using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Tests.Evaluate;

/// <summary>What finds items without a walk gives what the walk gives.</summary>
public sealed class LookupTests
{
    private const string Data = """
        {"grants": [
          {"who": "a", "n": 1}, {"who": "b", "n": 2}, {"who": "a", "n": 3}, {"n": 4}, 7, {"who": null, "n": 5},
          {"who": 1, "n": 6}, {"who": {"x": 1.0}, "n": 7}, {"who": "b", "n": 8}, {"who": ["a"], "n": 9}, {"who": "a"}]}
        """;

    [Theory]
    [InlineData("[g.n | some g in data.grants; g.who == input]")]
    [InlineData("[g.n | some g in data.grants; input == g.who]")]
    [InlineData("[i | some i, g in data.grants; g.who == input]")]
    [InlineData("[g.n | g := data.grants[_]; g.who = input]")]
    [InlineData("[i | data.grants[i].who == input]")]
    [InlineData("[g.n | some g in data.grants; x := g; x.n > 1; g.who == input]")]
    [InlineData("[g.n | some g in data.grants; x := g; x.who == input; x.n != 3]")]
    [InlineData("[g | some g in data.grants; g == input]")]
    [InlineData("[i | some i, g in data.grants; g.n == i + 1]")]
    [InlineData("[g | some i, g in data.grants; g.n == i]")]
    [InlineData("input in [g.who | some g in data.grants]")]
    [InlineData("input in data.grants")]
    public void Each_time_the_same_items_are_found(string term)
    {
        var query = new PolicyCompiler().Add("a.rego", "package test").Compile().Prepare($"x := {term}");
        string[] inputs = ["\"a\"", "\"b\"", "\"z\"", "null", "1", "{\"x\": 1}", "[\"a\"]", "7", "{\"n\": 4}"];
        foreach (var input in inputs)
        {
            var shared = (RegoObject)RegoValue.ParseJson(Data);
            var first = Run(shared, input);
            for (var again = 0; again < 4; again++)
            {
                Assert.Equal(first, Run(shared, input));
            }
        }

        string Run(RegoObject data, string input) => string.Join(' ', query.Run(
            new QueryInput { Input = RegoValue.ParseJson(input), Data = data }));
    }

    [Theory]
    [InlineData("p if data.test.s[input]")]
    [InlineData("p if input in s")]
    [InlineData("p if { x := input; s[x] == x }")]
    [InlineData("p if { some x in s; x == input }")]
    public void Single_member_is_found_as_in_the_whole_set(string rule)
    {
        const string Set = """
            s contains "a"
            s contains "b" if input == "never"
            s contains x if some x in ["c", "d"]
            s contains x if { some i; x := ["e", "f"][i]; i > 0 }
            s contains concat("", ["g", "h"])
            s contains [x, y] if { some x in [1, 2]; y := x * 2 }
            s contains {"k": v} if some v in [1, 2]
            s contains x if { x := input; not x in {"a", "z"}; is_null(x) }
            """;
        var members = new[] { "\"a\"", "\"c\"", "\"d\"", "\"f\"", "\"gh\"", "[1,2]", "[2,4]", "{\"k\":1}", "null" };
        foreach (var input in members.Concat(["\"b\"", "\"e\"", "\"z\"", "[1,3]", "{\"k\":3}", "2"]))
        {
            var isMember = members.Contains(input, StringComparer.Ordinal);
            Assert.Equal(isMember ? "true" : null, Policy.Evaluate($"{Set}\n{rule}", input));
        }
    }

    [Fact]
    public void Many_members_cost_no_more_than_the_set()
    {
        var text = new StringBuilder("package test\n");
        for (var i = 0; i < 200; i++)
        {
            text.Append($"s contains x if {{ some x in [{i}, {i + 1}]; x >= 0 }}\n");
        }

        text.Append("p := count([x | some x in numbers.range(0, 300); x in s])\n");
        var query = new PolicyCompiler().Add("a.rego", text.ToString()).Compile().PrepareValue("data.test.p");
        var limits = new EvaluationLimits { Steps = 50_000 };
        Assert.Equal(RegoNumber.Of(201), query.Run(new QueryInput { Limits = limits }));
    }

    [Fact]
    public void Replaced_set_is_the_one_that_is_asked() => Assert.Equal("[false, true, true]", Policy.Evaluate(
        """
        s contains "a"
        q if "b" in s
        r := false if not q
        p := [r, "a" in s, t]
        t if q with data.test.s as {"b"}
        """));
}
