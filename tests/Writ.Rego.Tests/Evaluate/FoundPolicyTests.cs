namespace Writ.Rego.Tests.Evaluate;

/// <summary>What generated policies found wrong, each as small as it can be.</summary>
public sealed class FoundPolicyTests
{
    [Theory]
    [InlineData("p if { [x, input.y] = [3, [count(z), z]]; x == 3; z == [7] }")]
    [InlineData("p if walk([[0], [7]], [[count(x), x], _])", false)]
    [InlineData("p if { {\"n\": count(x), \"of\": x} = input.z }")]
    [InlineData("p if { w := [{1}, [7]]; [{count(x)}, x] = w }")]
    public void A_pattern_may_ask_for_what_it_binds_itself(string body, bool holds = true) =>
        Assert.Equal(
            holds ? "true" : null, Policy.Evaluate(body, "{\"y\": [1, [7]], \"z\": {\"n\": 2, \"of\": [1, 2]}}"));

    [Theory]
    [InlineData("p contains i if { every x in input.a[i] { x > i } }", "{0, 2}")]
    [InlineData("p contains i if { every k, x in input.a[i] { k < x; x > i } }", "{0, 2}")]
    public void The_domain_of_every_binds_what_its_body_uses(string body, string wanted) =>
        Assert.Equal(wanted, Policy.Evaluate(body, "{\"a\": [[1, 2], [1, 5], [3, 9]]}"));

    [Fact]
    public void Rules_may_all_ask_for_a_member_of_nothing() => Assert.Null(Policy.Evaluate(
        string.Join('\n', Enumerable.Range(0, 5).Select(i => $"p := {i} if input.x in []")), "{\"x\": 1}"));
}
