using System.Text.Json;
using Writ.Testing;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Simulation;

/// <summary>/v1/policies/shadow: a version that is asked what the live one is asked, and decides nothing.</summary>
public sealed class ShadowTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Differences_are_counted_and_nobody_feels_them(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var started = await owner.PostAsync("/v1/policies/shadow", TestPolicies.Push(TestPolicies.Closed));
        Assert.True(started.Status == 201, started.Text);
        var before = await broker.HeadAsync();
        for (var n = 0; n < 3; n++)
            Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        var records = await broker.RecordsAsync(before);

        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));
        await broker.Wiring.ShadowRun.RunAsync(default);
        var unwritten = await owner.GetAsync("/v1/policies/shadow");
        await broker.AdvanceAsync(TimeSpan.FromSeconds(31));
        await broker.Wiring.ShadowRun.RunAsync(default);
        var written = await owner.GetAsync("/v1/policies/shadow");
        var ended = await owner.CallAsync(HttpMethod.Delete, "/v1/policies/shadow");

        // One record for each decision, and no other.
        Assert.Equal(3, records.Count);
        Assert.Equal(started["digest"], written["digest"]);
        foreach (var counts in (JsonElement[])[unwritten.Json, written.Json])
        {
            Assert.Equal(3, counts.GetProperty("changes").GetProperty("would_refuse").GetInt32());
            Assert.Equal(
                world.Agent.Id, counts.GetProperty("by_identity")[0].GetProperty("identity").GetString());
            Assert.Equal("closed", counts.GetProperty("by_rule")[0].GetProperty("rule").GetString());
        }
        Assert.Contains(await broker.RecordsAsync(before), r =>
            r.GetProperty("kind").GetString() == "policy.shadow" && r.GetProperty("actor").GetString() == "writ");
        Assert.Equal(204, ended.Status);
        Assert.Equal((404, "not_found"), StatusOf(await owner.GetAsync("/v1/policies/shadow")));
        Assert.Empty((await owner.GetAsync("/v1/policies")).Json.GetProperty("items").EnumerateArray());
    }

    // The second replica was never told but by the store.
    [Fact]
    public async Task All_replicas_ask_it()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestBroker.StartAsync(store);
        await using var two = await TestBroker.StartAsync(store);
        var owner = await one.Seed.OperatorAsync("owner");
        var world = await one.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await owner.PostAsync(
            "/v1/policies/shadow", TestPolicies.Push(TestPolicies.Closed))).Status);
        await Wait.UntilAsync(
            async () => (await two.Wiring.Registry.CurrentAsync()).Shadow is not null, "the other replica knows of it");

        var agent = world.Agent.At(two);
        Assert.Equal(200, (await agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        await two.Wiring.ShadowRun.RunAsync(default);

        var counts = (await owner.At(two).GetAsync("/v1/policies/shadow")).Json;
        Assert.Equal(1, counts.GetProperty("changes").GetProperty("would_refuse").GetInt32());
    }

    [Fact]
    public async Task Shadow_that_loops_or_fails_is_counted_and_held_off_the_road()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await owner.PostAsync("/v1/policies/shadow", TestPolicies.Push("""
            package writ.rules.loop

            allow if count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000)]) > 0
            """))).Status);

        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        await broker.Wiring.ShadowRun.RunAsync(default);

        // Reading it was answered by the live policy, too: the shadow refuses everything.
        var counts = (await owner.GetAsync("/v1/policies/shadow")).Json;
        Assert.Contains(counts.GetProperty("examples").EnumerateArray(), e =>
            e.GetProperty("identity").GetString() == world.Agent.Id
            && e.GetProperty("would_be").GetString() == "policy_limit");
    }
}
