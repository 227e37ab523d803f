using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Small bounds whose intersection multiplies cost no memory, and give nothing that cannot be read.</summary>
public sealed class LargeAuthorityTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Code = "authority_too_large";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_of_everything_in_common_is_refused(Engine engine)
    {
        var (broker, agent, workflow, orders) = await MultiplyingAsync(engine);

        await Attempt.IsRefusedAsync(
            broker, () => agent.PostAsync("/v1/tasks", new { workflow = workflow.Name, purpose = "x" }), 403, Code);

        // What is named in full is found within each of the bounds, whatever they have in common.
        var details = new[]
        {
            new
            {
                type = "writ_access",
                actions = new[] { "orders:read" },
                locations = new[] { orders.Uri },
                datatypes = new[] { "d7" },
                identifier = "7",
            },
        };
        var opened = await agent.PostAsync(
            "/v1/tasks", new { workflow = workflow.Name, purpose = "x", authorization_details = details });
        Assert.True(opened.Status == 201, opened.Text);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_of_everything_in_common_is_refused(Engine engine)
    {
        var (broker, agent, workflow, orders) = await MultiplyingAsync(engine);
        var task = await broker.Seed.TaskAsync(agent, workflow);

        foreach (var (name, value) in new[] { ("audience", orders.Name), ("scope", "orders:read") })
            await Attempt.IsRefusedAsync(
                broker, () => agent.TokenAsync(("task", task.Id), (name, value)), 400, "invalid_scope", Code);
    }

    // 64 actions at 20 places are said in few words, and are 1280 grants.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Scope_that_multiplies_with_the_audiences_is_refused(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var actions = string.Join(' ', Enumerable.Range(0, 64).Select(i => $"a{i}:read"));
        var audiences = new List<(string, string)>();
        for (var i = 0; i < 20; i++)
            audiences.Add(("audience", (await broker.Seed.ResourceAsync(Seed.Name("place"), actions)).Name));
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();

        await Attempt.IsRefusedAsync(
            broker, () => world.Agent.TokenAsync([("task", task.Id), ("scope", actions), .. audiences]),
            400, "invalid_scope", Code);
    }

    // It would be signed, and then taken by nobody: a JWS has 16 KiB.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_too_long_to_be_read_is_refused_and_not_recorded_as_granted(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");
        var wide = Authority.Of(AuthorizationDetail.Of(
            [ActionName.Parse("orders:read")], [orders.Uri],
            Enumerable.Range(0, 200).Select(i => $"{i:D4}{new string('x', 100)}"))).ToJson();
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/wide"), [], row => row with { Entitlements = wide });
        var workflow = await broker.Seed.WorkflowAsync(
            Seed.Name("wide"), [agent], [], row => row with { Authority = wide });
        var task = await broker.Seed.TaskAsync(agent, workflow);

        await Attempt.IsRefusedAsync(
            broker, () => agent.TokenAsync(("task", task.Id), ("audience", orders.Name)), 400, "invalid_scope", Code);
    }

    /// <summary>Entitled to 1000 kinds of data of anything, for work on everything of 500 things.</summary>
    private async Task<(TestBroker, TestCaller, WorkflowRow, ResourceRow)> MultiplyingAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read orders:write");
        ActionName[] read = [ActionName.Parse("orders:read")];
        var kinds = Authority.Of(AuthorizationDetail.Of(
            read, [orders.Uri], Enumerable.Range(0, 1000).Select(i => $"d{i}")));
        var things = Authority.Of(Enumerable.Range(0, 500).Select(
            i => AuthorizationDetail.Of(read, [orders.Uri], datatypes: null, $"{i}")));
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/many"), [], row => row with { Entitlements = kinds.ToJson() });
        var workflow = await broker.Seed.WorkflowAsync(
            Seed.Name("many"), [agent], [], row => row with { Authority = things.ToJson() });
        return (broker, agent, workflow, orders);
    }
}
