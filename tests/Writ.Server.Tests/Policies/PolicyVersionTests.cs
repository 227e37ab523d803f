using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Values;
using Writ.Server.Policies;

namespace Writ.Server.Tests.Policies;

/// <summary>One version of the policy: all rules must allow, and whatever goes wrong in one refuses (P9).</summary>
public sealed class PolicyVersionTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void All_rules_must_allow()
    {
        var both = Of(("a", "allow := true"), ("b", "default allow := false\nallow if input.x == 1"));

        Assert.IsType<PolicyAnswer.Allowed>(Ask(both, """{"x": 1}"""));
        Assert.Equal(["b"], Assert.IsType<PolicyAnswer.Refused>(Ask(both, """{"x": 2}""")).Rules);
    }

    [Theory]
    [InlineData("allow if input.nowhere > 3", "policy_tested")]
    [InlineData("allow if false", "policy_tested")]
    [InlineData("allow := \"yes\"", "policy_tested")]
    [InlineData("allow := 1", "policy_tested")]
    [InlineData("default allow := false\nreasons contains \"too_late\"", "too_late")]
    [InlineData("default allow := false\nreasons contains \"too_late\" if false", "policy_tested")]
    [InlineData("allow if to_number(\"x\") == 1", "policy_error")] // an error of a built-in is not undefined here
    [InlineData("allow := true if input.x == 1\nallow := false if input.x == 1", "policy_error")] // a conflict
    [InlineData("allow := true\nobligations contains {\"max_lifetime_seconds\": to_number(\"x\")}", "policy_error")]
    [InlineData("allow if count([x | some x in numbers.range(1, 100000000)]) > 0", "policy_error")]
    [InlineData("allow if count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000)]) > 0",
        "policy_limit")]
    [InlineData("allow if count([r | some a in numbers.range(1, 5000); r := numbers.range(1, 5000 + a)]) > 0",
        "policy_limit")]
    public void Whatever_is_not_plainly_true_refuses(string rule, string code)
    {
        var refused = Assert.IsType<PolicyAnswer.Refused>(Ask(TestPolicies.Of(rule), """{"x": 1}"""));

        Assert.Equal(code, refused.Reasons[0]);
    }

    [Theory]
    [InlineData("input.context.delegation.chain[0] == \"a\"", """{"context": {"delegation": {"chain": ["a"]}}}""",
        """{"context": {"delegation": {"chain": ["b"]}}}""")]
    [InlineData("input.context.delegation.depth == 1", """{"context": {"delegation": {"depth": 1}}}""",
        """{"context": {"delegation": {"depth": 2}}}""")]
    public void Questions_that_a_rule_tells_apart_have_different_keys(string condition, string one, string other)
    {
        var policy = TestPolicies.Of($"default allow := false\nallow if {condition}");

        Assert.NotEqual(KeyOf(one), KeyOf(other));

        RegoValue KeyOf(string input) => policy.KeyOf((RegoObject)RegoValue.ParseJson(input));
    }

    [Fact]
    public void Refusal_names_the_facts_that_were_missing()
    {
        var policy = TestPolicies.Of("default allow := false\nallow if input.subject.properties.clearance_rank >= 1");

        var refused = Assert.IsType<PolicyAnswer.Refused>(Ask(policy, """{"subject": {"properties": {}}}"""));

        Assert.Contains("input.subject.properties.clearance_rank", refused.Missing);
    }

    [Fact]
    public void Time_stands_still_for_a_decision_and_not_for_its_limit()
    {
        var policy = TestPolicies.Of("default allow := false\nallow if time.now_ns() == 1800000000000000000");

        Assert.IsType<PolicyAnswer.Allowed>(Ask(policy, "{}"));
        // Few steps, each of which takes long: only the clock ends it.
        var slow = TestPolicies.Of(
            """
            text := sprintf("%05000d", [1])

            hash(n) := crypto.hmac.sha256(text, sprintf("%d", [n]))

            allow if count([h | some n in numbers.range(1, 90000); h := hash(n)]) > 0
            """);
        var refused = Assert.IsType<PolicyAnswer.Refused>(Ask(slow, "{}"));
        Assert.Equal("policy_limit", refused.Reasons[0]);
        Assert.Contains("took longer", refused.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("package writ.helpers\n\nx := 1", "there is no rule")]
    [InlineData("package writ.rules.a\n\nreasons contains \"x\"", "has no “allow”")]
    [InlineData("package writ.rules.a\n\nallow(x) if x", "has no “allow”")]
    [InlineData("package writ.rules.a.b\n\nallow := true", "writ.rules.NAME")]
    [InlineData("package writ.rules[\"a-b\"]\n\nallow := true", "writ.rules.NAME")]
    [InlineData("package writ.rules\n\nallow := true", "writ.rules.NAME")]
    [InlineData("package writ.decision\n\nallow := true", "the broker's own")]
    [InlineData("package writ.decision.more\n\nallow := true", "the broker's own")]
    [InlineData("package writ.rules.a\n\nallow if", "m.rego:3")]
    [InlineData("package writ.rules.a\n\nallow if x", "m.rego:3")]
    [InlineData("package writ.rules.a\n\nallow if http.send({})", "http.send")]
    public void What_is_no_policy_is_refused_with_its_place(string module, string why)
    {
        var error = Assert.Throws<RegoError>(() => PolicyVersion.Of(
            new PolicySet([new PolicyFile("m.rego", module)], RegoObject.Empty)));

        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    // The digest is how records name a version: no two contents may share one, and no packing may change it.
    [Fact]
    public void Digest_is_of_the_content_alone()
    {
        var a = new PolicyFile("a.rego", "package writ.rules.a\n\nallow := true\n");
        var b = new PolicyFile("b.rego", "package writ.rules.b\n\nallow := true\n");
        var data = (RegoObject)RegoValue.ParseJson("""{"x": 1, "y": [2]}""");
        var same = (RegoObject)RegoValue.ParseJson("""{"y": [2], "x": 1}""");
        var digest = PolicyVersion.Of(new PolicySet([a, b], data)).Digest;

        Assert.Equal(digest, PolicyVersion.Of(new PolicySet([b, a], same)).Digest);
        Assert.Equal(digest, PolicyVersion.Of(new PolicySet([a with { Version = RegoVersion.V1 }, b], data)).Digest);
        Assert.NotEqual(digest, PolicyVersion.Of(new PolicySet([a with { Version = RegoVersion.V0 }, b], data)).Digest);
        Assert.NotEqual(digest, PolicyVersion.Of(new PolicySet([a, b], RegoObject.Empty)).Digest);
        Assert.NotEqual(digest, PolicyVersion.Of(new PolicySet([a with { Name = "c.rego" }, b], data)).Digest);
        Assert.NotEqual(digest, PolicyVersion.Of(new PolicySet([a with { Text = a.Text + "\n" }, b], data)).Digest);
        Assert.Matches("^[0-9a-f]{64}$", digest);
    }

    [Fact]
    public void Tests_are_no_part_of_what_decides()
    {
        var files = TestPolicies.FilesOf("allow := true");
        var test = new PolicyFile("tested_test.rego", "package writ.rules.tested_test\n\ntest_x if true\n");

        var version = PolicyVersion.Of(files with { Files = [.. files.Files, test] });

        Assert.Equal(["tested"], version.Rules);
        Assert.Equal(2, version.Files.Files.Count);
    }

    [Fact]
    public void Content_survives_the_store()
    {
        var files = ShippedPolicy.Files;

        var read = PolicyContent.Read(PolicyContent.Write(files));

        Assert.Equal(PolicyVersion.Of(files).Digest, PolicyVersion.Of(read).Digest);
    }

    private static PolicyVersion Of(params (string Name, string Text)[] rules) => PolicyVersion.Of(new PolicySet(
        [.. rules.Select(r => new PolicyFile($"{r.Name}.rego", $"package writ.rules.{r.Name}\n\n{r.Text}\n"))],
        RegoObject.Empty));

    private static PolicyAnswer Ask(PolicyVersion policy, string input) =>
        policy.Ask((RegoObject)RegoValue.ParseJson(input), Now, TimeProvider.System);
}
