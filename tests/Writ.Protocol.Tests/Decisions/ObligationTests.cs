using System.Text.Json;

namespace Writ.Protocol.Tests.Decisions;

/// <summary>What comes with a yes: read strictly, put together so that the narrowest counts.</summary>
public sealed class ObligationTests
{
    [Theory]
    [InlineData("[]", "[]")]
    [InlineData(
        """[{"max_lifetime_seconds": 300}, {"max_lifetime_seconds": 60}]""", """[{"max_lifetime_seconds":60}]""")]
    [InlineData("""[{"max_lifetime_seconds": 3e2}]""", """[{"max_lifetime_seconds":300}]""")]
    [InlineData("""[{"step_up": "dpop"}, {"step_up": "mtls"}]""", """[{"step_up":"dpop"},{"step_up":"mtls"}]""")]
    [InlineData("""[{"notify": "team:a"}, {"notify": "team:a"}]""", """[{"notify":"team:a"}]""")]
    [InlineData(
        """
        [{"require_approval": {"window_seconds": 60}},
         {"require_approval": {"approvers": ["a", "b"], "window_seconds": 90, "because": "x"}}]
        """,
        """[{"require_approval":{"approvers":["a","b"],"because":"x","window_seconds":60}}]""")]
    [InlineData(
        """
        [{"require_approval": {"approvers": ["a", "b"], "window_seconds": 60}},
         {"require_approval": {"approvers": ["b", "c"], "window_seconds": 60}}]
        """,
        """[{"require_approval":{"approvers":["b"],"because":"","window_seconds":60}}]""")]
    [InlineData(
        """
        [{"mask": {"classification": "restricted", "how": "hash"}},
         {"mask": {"classification": "restricted", "how": "hash"}}]
        """,
        """[{"mask":{"classification":"restricted","how":"hash"}}]""")]
    public void Narrowest_counts(string given, string together)
    {
        var (all, code) = Obligations.None.And(JsonElement.Parse(given).EnumerateArray());

        Assert.Null(code);
        Assert.Equal(together, all!.ToJson());
    }

    [Theory]
    [InlineData(
        """
        [{"mask": {"classification": "restricted", "how": "hash"}},
         {"mask": {"classification": "restricted", "how": "null"}}]
        """,
        "obligation_conflict")]
    [InlineData(
        """
        [{"require_approval": {"approvers": ["a"], "window_seconds": 60}},
         {"require_approval": {"approvers": ["b"], "window_seconds": 60}}]
        """,
        "obligation_conflict")]
    [InlineData("""[{"dance": true}]""", "obligation_unknown")]
    [InlineData("""[{"max_lifetime_seconds": 0}]""", "obligation_invalid")]
    [InlineData("""[{"max_lifetime_seconds": -5}]""", "obligation_invalid")]
    [InlineData("""[{"max_lifetime_seconds": 1.5}]""", "obligation_invalid")]
    [InlineData("""[{"max_lifetime_seconds": 1e400}]""", "obligation_invalid")]
    [InlineData("""[{"max_lifetime_seconds": "60"}]""", "obligation_invalid")]
    [InlineData("""[{"max_lifetime_seconds": 60, "notify": "x"}]""", "obligation_invalid")]
    [InlineData("""[{}]""", "obligation_invalid")]
    [InlineData("""["max_lifetime_seconds"]""", "obligation_invalid")]
    [InlineData("""[{"step_up": "wink"}]""", "obligation_invalid")]
    [InlineData("""[{"require_approval": {"approvers": ["a"]}}]""", "obligation_invalid")]
    [InlineData("""[{"require_approval": {"approvers": [1], "window_seconds": 60}}]""", "obligation_invalid")]
    [InlineData("""[{"require_approval": {"approver": ["a"], "window_seconds": 60}}]""", "obligation_invalid")]
    [InlineData("""[{"mask": {"classification": "restricted", "how": "blur"}}]""", "obligation_invalid")]
    [InlineData("""[{"authorization_details": [{"type": "other"}]}]""", "obligation_invalid")]
    public void What_cannot_be_kept_refuses(string given, string code)
    {
        var (all, why) = Obligations.None.And(JsonElement.Parse(given).EnumerateArray());

        Assert.Null(all);
        Assert.Equal(code, why);
    }
}
