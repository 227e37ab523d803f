using System.Text.Json;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Simulation;

/// <summary>/v1/suggestions: the least that an identity needs, by what it used.</summary>
public sealed class SuggestTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Unused_is_narrowed_and_the_young_and_the_busy_are_left_alone(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var wide = world.Grant("orders:read,orders:write");
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/wide"), [wide], i => i with { ImplicitTask = true, Clearance = "internal" });
        var idle = await broker.Seed.IdentityAsync(Seed.Name("agent/idle"), [wide]);
        await broker.AdvanceAsync(TimeSpan.FromDays(40));
        var young = await broker.Seed.IdentityAsync(Seed.Name("agent/young"), [wide]);
        var workflow = await broker.Seed.WorkflowAsync(Seed.Name("w"), [agent], [wide]);
        var task = await (world with { Agent = agent, Workflow = workflow }).TaskAsync();
        Assert.Equal(200, (await agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);

        var narrow = await SuggestAsync(owner, agent, 30);
        var unused = await SuggestAsync(owner, idle, 30);
        var tooYoung = await SuggestAsync(owner, young, 30);
        var all = (await owner.GetAsync("/v1/suggestions?days=30&limit=2")).Json;

        Assert.Equal("narrow", narrow.GetProperty("suggestion").GetString());
        Assert.Equal([world.Grant()], Strings(narrow, "entitlements"));
        Assert.Equal([world.Grant("orders:write")], Strings(narrow, "unused"));
        Assert.Equal("narrow", unused.GetProperty("suggestion").GetString());
        Assert.Empty(Strings(unused, "entitlements"));
        Assert.Equal("too_young", tooYoung.GetProperty("suggestion").GetString());
        Assert.False(tooYoung.TryGetProperty("entitlements", out _));
        Assert.Equal(2, all.GetProperty("items").GetArrayLength());
        Assert.NotNull(all.GetProperty("next").GetString());
        // What is suggested is what the API takes; with it the same token is given again.
        var changed = await owner.CallAsync(HttpMethod.Patch, $"/v1/identities/{Staff.PathOf(agent)}", new
        {
            entitlements = Strings(narrow, "entitlements"),
        });
        Assert.True(changed.Status == 200, changed.Text);
        Assert.Equal("fits", (await SuggestAsync(owner, agent, 30)).GetProperty("suggestion").GetString());
    }

    [Fact]
    public async Task Agents_and_other_teams_learn_nothing_and_days_are_bounded()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();

        var others = await staff.Stranger.GetAsync($"/v1/suggestions?identity={Uri.EscapeDataString(world.Agent.Id)}");
        var listed = await staff.Stranger.GetAsync("/v1/suggestions");

        Assert.Equal((403, "role_too_low"), StatusOf(await world.Agent.GetAsync("/v1/suggestions")));
        Assert.Empty(others.Json.GetProperty("items").EnumerateArray());
        Assert.Empty(listed.Json.GetProperty("items").EnumerateArray());
        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Owner.GetAsync("/v1/suggestions?days=0")));
    }

    private static async Task<JsonElement> SuggestAsync(TestCaller who, TestCaller about, int days) =>
        (await who.GetAsync($"/v1/suggestions?days={days}&identity={Uri.EscapeDataString(about.Id)}"))
            .Json.GetProperty("items")[0];

    private static string[] Strings(JsonElement from, string name) =>
        [.. from.GetProperty(name).EnumerateArray().Select(item => item.GetString()!)];
}
