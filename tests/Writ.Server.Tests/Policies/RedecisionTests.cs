using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests.Policies;

/// <summary>Continuous, not once: when the policy or a fact changes, what is out is decided again.</summary>
public sealed class RedecisionTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Pushed_policy_ends_what_it_would_not_give(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);
        var preview = await owner.PostAsync("/v1/policies/preview", TestPolicies.Push(TestPolicies.Closed));
        Assert.True(preview.Status == 200, preview.Text);
        Assert.Equal(1, preview.Json.GetProperty("would_end").GetInt32());
        Assert.Equal(1, preview.Json.GetProperty("by_reason").GetProperty("closed_today").GetInt32());
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(token));

        var pushed = await owner.PushAsync(TestPolicies.Closed);
        await broker.Wiring.Redecision.RunAsync();

        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        var record = await CauseAsync(broker, world.Agent);
        Assert.Equal("closed_today", record.GetProperty("reason").GetString());
        Assert.Equal(pushed["digest"], record.GetProperty("detail").GetProperty("policy").GetString());
        // The owner's own token lives on: each act with it is decided by itself.
        Assert.Equal(200, (await owner.GetAsync("/v1/policies")).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Raised_risk_ends_what_is_out_and_refuses_the_next(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);
        var other = await TokenAsync(world with { Agent = world.Other });
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}/signals";

        var reply = await owner.PostAsync(path, new { name = "new-country", score = 90 });
        await broker.Wiring.Redecision.RunAsync();

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(other));
        await broker.AdvanceAsync(TimeSpan.FromSeconds(7)); // what dies with the holder takes its time, as elsewhere
        var task = await world.TaskAsync();
        Assert.Equal(400, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        Assert.Equal(200, (await owner.PostAsync(path, new { name = "new-country", score = 0 })).Status);
        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
    }

    [Theory]
    [InlineData("classification", "not_cleared")]
    [InlineData("purposes", "purpose_not_of_resource")]
    [InlineData("actions", "unknown_action")]
    public async Task Changed_resource_ends_what_it_no_longer_allows(string what, string reason)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/low"), [world.Grant()], i => i with { Clearance = "internal" });
        var workflow = await broker.Seed.WorkflowAsync(Seed.Name("w"), [agent], [world.Grant()]);
        var token = await TokenAsync(world with { Agent = agent, Workflow = workflow });
        object change = what switch
        {
            "classification" => new { classification = "restricted" },
            "purposes" => new { purposes = new[] { "something else" } },
            _ => new { actions = new[] { "orders:write" } },
        };

        var reply = await owner.CallAsync(HttpMethod.Patch, $"/v1/resources/{world.Orders.Name}", change);
        await broker.Wiring.Redecision.RunAsync();

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        var cause = await CauseAsync(broker, agent);
        Assert.Equal(reason, cause.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Narrowed_purposes_of_a_workflow_end_what_is_for_another()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);

        var reply = await owner.CallAsync(
            HttpMethod.Patch, $"/v1/workflows/{world.Workflow.Name}", new { purposes = new[] { "something else" } });
        await broker.Wiring.Redecision.RunAsync();

        Assert.True(reply.Status == 200, reply.Text);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.Equal(
            "purpose_not_of_workflow", (await CauseAsync(broker, world.Agent)).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task What_is_still_allowed_lives_on_and_nothing_is_looked_at_twice()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);

        var pushed = await owner.PushAsync("package writ.rules.open\n\nallow := true");
        await broker.Wiring.Redecision.RunAsync();
        Assert.Equal(201, pushed.Status);

        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(token));
        var version = (await broker.Wiring.Registry.CurrentAsync()).Version;
        Assert.Equal(version, await DoneAsync(broker));
        Assert.Equal(0, await broker.Wiring.Redecision.RunAsync());
        Assert.Equal(version, await DoneAsync(broker));
    }

    [Fact]
    public async Task Nothing_ends_on_facts_that_nobody_has_looked_at()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);
        Assert.Equal(201, (await owner.PushAsync(TestPolicies.Closed)).Status);
        var done = await DoneAsync(broker);

        broker.Wiring.Registry.SeenAt = broker.Now - TimeSpan.FromSeconds(1.1);
        Assert.Equal(0, await broker.Wiring.Redecision.RunAsync());
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.Equal(done, await DoneAsync(broker));

        broker.Wiring.Registry.SeenAt = broker.Now;
        await broker.Wiring.Redecision.RunAsync();
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
    }

    [Theory]
    [InlineData("max_lifetime_seconds", "60", "lives_too_long")]
    [InlineData("authorization_details", "[]", "outside_policy")]
    [InlineData("require_approval", """{"window_seconds": 60}""", "approval_required")]
    [InlineData("step_up", "\"mtls\"", "step_up_required")]
    [InlineData("mask", """{"classification": "internal", "how": "hash"}""", "obligation_unknown")]
    public async Task Obligation_that_a_token_does_not_keep_ends_it(string name, string value, string reason)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);

        await owner.PushAsync($$"""
            package writ.rules.more

            allow := true

            obligations contains {"{{name}}": {{value}}} if input.resource.type == "resource"
            """);
        await broker.Wiring.Redecision.RunAsync();

        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.Equal(reason, (await CauseAsync(broker, world.Agent)).GetProperty("reason").GetString());
    }

    // P3's second, by the chore and not by hand.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task It_happens_by_itself(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var token = await TokenAsync(world);
        await owner.PushAsync(TestPolicies.Closed);

        // The clock runs for as long as the store takes, on a busy machine.
        await Wait.UntilAsync(
            async () =>
            {
                await broker.AdvanceAsync(TimeSpan.FromMilliseconds(50));
                return broker.Wiring.TokenCallers.ReadAny(token) is null;
            },
            "the token ended");
    }

    /// <summary>The version of the registry up to which all was decided again.</summary>
    private static Task<long> DoneAsync(TestBroker broker) => broker.Wiring.Database.FirstAsync<long>(
        "SELECT CAST(value AS bigint) FROM setting WHERE name = 'redecided_registry'");

    private static async Task<string> TokenAsync(TestWorld world)
    {
        var task = await world.TaskAsync();
        return (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
    }

    private static async Task<JsonElement> CauseAsync(TestBroker broker, TestCaller holder) =>
        (await broker.RecordsAsync()).Single(r => r.GetProperty("kind").GetString() == "token.redecide"
            && r.GetProperty("subject").GetString() == holder.Id);
}
