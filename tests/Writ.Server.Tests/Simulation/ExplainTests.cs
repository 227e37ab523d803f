using System.Text.Json;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Simulation;

/// <summary>/v1/decisions/{id}/explanation: the rule path, the facts, and the smallest change that turns it.</summary>
public sealed class ExplainTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Refusal_of_the_policy_says_rule_facts_and_what_would_turn_it(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await owner.PostAsync(
            $"/v1/identities/{Staff.PathOf(world.Agent)}/signals", new { name = "new-country", score = 90 });
        var refused = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        var why = (await ExplainAsync(owner, refused["decision_id"]!)).Json;

        Assert.Equal(("deny", "policy"), (Text(why, "outcome"), Text(why, "decided_by")));
        var question = why.GetProperty("questions")[0];
        Assert.Contains("risk_too_high", Strings(question, "reasons"));
        Assert.Equal(["risk"], Strings(question, "refused_by"));
        var rule = Items(question, "rules").First(r => Text(r, "rule") == "data.writ.rules.risk.allow"
            && r.GetProperty("row").GetInt32() > 20);
        Assert.False(rule.GetProperty("held").GetBoolean());
        Assert.Contains("risk_refuse_from", Text(rule.GetProperty("failed_at"), "text"), StringComparison.Ordinal);
        var fact = Items(question, "facts").Single(f => Text(f, "fact") == "input.context.risk.score");
        Assert.Equal(("store", 90), (Text(fact, "source"), fact.GetProperty("value").GetInt32()));
        // Below 80 it is narrowed, and allowed: the nearest value that turns it is named, and no other fact does.
        var change = Assert.Single(question.GetProperty("turned_by")[0].EnumerateArray());
        Assert.Equal("input.context.risk.score", Text(change, "fact"));
        Assert.Equal(79, change.GetProperty("would_be").GetInt32());
    }

    [Fact]
    public async Task Several_facts_are_named_where_one_does_not_turn_it_and_asking_it_so_really_turns_it()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await owner.PushAsync("""
            package writ.rules.both

            default allow := false

            allow if input.resource.type == "writ"

            allow if {
            	input.context.binding.type == "mtls"
            	input.subject.properties.team == "gold"
            	input.context.delegation.depth > 2
            }
            """)).Status);
        var refused = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        var question = (await ExplainAsync(owner, refused["decision_id"]!)).Json.GetProperty("questions")[0];

        Assert.Equal(
            [("input.context.binding.type", "\"mtls\""), ("input.context.delegation.depth", "3"),
                ("input.subject.properties.team", "\"gold\"")],
            question.GetProperty("turned_by")[0].EnumerateArray()
                .Select(c => (Text(c, "fact"), c.GetProperty("would_be").GetRawText())).Order());
    }

    [Fact]
    public async Task Refusal_for_a_proof_that_was_missing_is_turned_where_none_is_demanded()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await owner.PushAsync("""
            package writ.rules.more

            allow := true

            obligations contains {"step_up": "mtls"} if {
            	input.resource.type == "resource"
            	input.context.risk.score < 5
            }
            """);
        var refused = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        Assert.Equal("step_up_required", refused.Code);

        var question = (await ExplainAsync(owner, refused["decision_id"]!)).Json.GetProperty("questions")[0];

        Assert.Equal("allow", Text(question, "answer"));
        var change = Assert.Single(question.GetProperty("turned_by")[0].EnumerateArray());
        Assert.Equal(
            ("input.context.risk.score", 5), (Text(change, "fact"), change.GetProperty("would_be").GetInt32()));
    }

    [Fact]
    public async Task Refusal_of_our_own_rules_says_the_least_that_was_missing()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var narrow = await broker.Seed.AuthorityAsync([world.Grant()]);
        var task = await world.TaskAsync(row => row with { Authority = narrow.ToJson() });
        var low = await broker.Seed.IdentityAsync(
            Seed.Name("agent/low"), [world.Grant()], i => i with { ImplicitTask = true, Clearance = "internal" });

        var beyond = await low.TokenAsync(("scope", world.Grant("orders:read,orders:write")));
        var outside = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:write")));
        var raised = await owner.CallAsync(
            HttpMethod.Patch, $"/v1/resources/{world.Orders.Name}", new { classification = "restricted" });
        var uncleared = await low.TokenAsync(("scope", world.Grant()));

        Assert.Equal(200, raised.Status);
        Assert.Equal("not_entitled", beyond.Code);
        var needed = (await ExplainAsync(owner, beyond["decision_id"]!)).Json.GetProperty("needed");
        Assert.Equal(("entitlements", low.Id), (Text(needed, "what"), Text(needed, "of")));
        Assert.Equal([world.Grant("orders:write")], Strings(needed, "add"));
        Assert.Equal("outside_task", outside.Code);
        Assert.Equal("task", Text(
            (await ExplainAsync(owner, outside["decision_id"]!)).Json.GetProperty("needed"), "what"));
        Assert.Equal("not_cleared", uncleared.Code);
        Assert.Equal("restricted", Text(
            (await ExplainAsync(owner, uncleared["decision_id"]!)).Json.GetProperty("needed"), "at_least"));
    }

    [Fact]
    public async Task Agents_other_teams_and_guesses_learn_nothing()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var id = (await broker.RecordsAsync()).Last(r => r.GetProperty("kind").GetString() == "token.issue")
            .GetProperty("decision_id").GetString()!;
        Assert.Equal(200, token.Status);

        Assert.Equal((403, "role_too_low"), StatusOf(await ExplainAsync(world.Agent, id)));
        Assert.Equal((403, "role_too_low"), StatusOf(await ExplainAsync(world.Agent, "dec_nothing")));
        Assert.Equal((404, "not_found"), StatusOf(await ExplainAsync(staff.Stranger, id)));
        Assert.Equal((404, "not_found"), StatusOf(await ExplainAsync(staff.Viewer, "dec_nothing")));
        var seen = await ExplainAsync(staff.Viewer, id);
        Assert.True(seen.Status == 200, seen.Text);
        Assert.Equal("allow", Text(seen.Json, "outcome"));
        Assert.NotEmpty(seen.Json.GetProperty("questions")[0].GetProperty("turned_by").EnumerateArray());
        var record = (await broker.RecordsAsync()).Last(r => r.GetProperty("kind").GetString() == "decision.explain");
        Assert.Equal(staff.Viewer.Id, record.GetProperty("actor").GetString());
        Assert.Equal(id, record.GetProperty("detail").GetProperty("explains").GetString());
    }

    private static Task<Reply> ExplainAsync(TestCaller who, string id) =>
        who.GetAsync($"/v1/decisions/{id}/explanation");

    private static string Text(JsonElement from, string name) => from.GetProperty(name).GetString()!;

    private static JsonElement[] Items(JsonElement from, string name) => [.. from.GetProperty(name).EnumerateArray()];

    private static string[] Strings(JsonElement from, string name) =>
        [.. from.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
}
