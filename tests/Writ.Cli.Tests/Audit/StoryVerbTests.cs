using System.Text.Json.Nodes;
using Writ.Cli.Audit;

namespace Writ.Cli.Tests.Audit;

/// <summary>What <c>writ audit story</c> and <c>writ audit credentials</c> make of what the broker tells.</summary>
public sealed class StoryVerbTests
{
    [Fact]
    public void Story_has_a_line_for_each_record_with_child_tasks_indented()
    {
        var story = JsonNode.Parse("""
            {"id":"task_1","status":"completed","workflow":"refunds","agent":"spiffe://example.org/agent/a",
             "purpose":"Cancel [it]","opened_by":"spiffe://example.org/agent/a","opened_at":"2030-01-01T00:00:00Z",
             "on_behalf_of":"https://idp#u","ended_at":"2030-01-01T00:03:00Z","end_reason":"completed","seconds":180,
             "events":[
              {"kind":"task.start","outcome":"allow","depth":0,"after_seconds":0,
               "actor":"spiffe://example.org/agent/a"},
              {"kind":"token.issue","outcome":"deny","depth":1,"after_seconds":1.5,"reason":"not_entitled",
               "actor":"spiffe://example.org/agent/b","decision_id":"dec_1"},
              {"kind":"token.issue","outcome":"allow","depth":1,"after_seconds":61,"jti":"at_1","lifetime_seconds":600,
               "actor":"spiffe://example.org/agent/b","actions":["orders:read"],"resources":["https://o"],
               "policy":"0123456789abcdef","approved_by":"spiffe://example.org/operator/grace"}]}
            """)!.AsObject();

        var lines = StoryVerb.Lines(story).Select(Spectre.Console.Markup.Remove).ToList();

        Assert.Equal("completed  task_1  agent/a for https://idp#u  refunds", lines[0]);
        Assert.Contains("“Cancel [it]”", lines[1], StringComparison.Ordinal);
        Assert.Contains("ended after 3.0 min: completed", lines[1], StringComparison.Ordinal);
        Assert.Matches(@"^ +\+0 s  ✓ task\.start +agent/a", lines[2]);
        Assert.Matches(@"^ +\+1\.50 s  ✗   token\.issue +agent/b +not_entitled  dec_1", lines[3]);
        Assert.Contains("orders:read at https://o  at_1 for 10.0 min  approved by operator/grace  policy 0123456789ab",
            lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void Credentials_are_told_with_what_became_of_them()
    {
        var records = JsonNode.Parse("""
            [{"time":"t3","credentials":["at_1"],"record":{"kind":"token.revoke","outcome":"allow","reason":"asked"}},
             {"time":"t2","credentials":["at_1"],"record":{"kind":"token.exchange","outcome":"allow","jti":"at_2"}},
             {"time":"t1","record":{"kind":"token.issue","outcome":"deny","jti":null}},
             {"time":"t0","on_behalf_of":"u","lifetime_seconds":600,"policy":"p","actions":["orders:read"],
              "record":{"kind":"token.issue","outcome":"allow","jti":"at_1","actor":"spiffe://example.org/agent/a"}}]
            """)!.AsArray();

        var credentials = CredentialsVerb.Group(records);

        Assert.Equal(["at_1", "at_2"], credentials.Select(c => (string?)c!["jti"]));
        Assert.Equal("t3 token.revoke asked", (string?)credentials[0]!["ended"]);
        Assert.Equal(1, (int?)credentials[0]!["handed_on"]);
        Assert.Equal("u", (string?)credentials[0]!["on_behalf_of"]);
    }
}
