using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Governance;

/// <summary>The register of workflows.</summary>
public sealed class WorkflowTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Workflow_is_registered_and_its_tasks_can_be_opened(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var name = Seed.Name("refunds");

        var created = await CreateAsync(staff.Operator, name, world, purposes: ["refund"]);

        Assert.True(created.Status == 201, created.Text);
        var shown = (await staff.Viewer.GetAsync($"/v1/workflows/{name}")).Json;
        Assert.Equal(world.Agent.Id, shown.GetProperty("agents")[0].GetString());
        Assert.Equal(world.Orders.Uri, shown.GetProperty("authority")[0].GetProperty("locations")[0].GetString());
        var task = new { workflow = name, purpose = "refund" };
        Assert.Equal(201, (await world.Agent.PostAsync("/v1/tasks", task)).Status);
        Assert.Equal("outside_workflow", (await world.Agent.PostAsync(
            "/v1/tasks", new { workflow = name, purpose = "theft" })).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nobody_binds_what_is_another_teams(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var stock = Seed.Name("stock");
        await staff.Stranger.PostAsync("/v1/resources", new
        {
            name = stock,
            uri = $"https://{stock}.example",
            actions = new[] { "stock:read" },
        });
        var foreignAgent = new
        {
            name = Seed.Name("w"),
            agents = new[] { world.Agent.Id },
            authority = new[] { $"stock:read@{stock}" },
        };

        var own = Seed.Name("agent/x");
        await Inventory.IdentityTests.CreateAsync(staff.Stranger, own);
        Assert.Equal("beyond_own_scope", (await staff.Stranger.PostAsync("/v1/workflows", new
        {
            name = Seed.Name("w"),
            agents = new[] { own },
            authority = new[] { world.Grant() },
        })).Code);
        Assert.Equal("outside_team", (await staff.Stranger.PostAsync("/v1/workflows", foreignAgent)).Code);
        Assert.Equal(201, (await staff.Owner.PostAsync("/v1/workflows", foreignAgent)).Status);
        var path = $"/v1/workflows/{world.Workflow.Name}";
        Assert.Equal("outside_team", (await PatchAsync(staff.Stranger, path, new { purposes = new[] { "x" } })).Code);
        Assert.Equal("beyond_own_scope", (await PatchAsync(
            staff.Operator, path, new { authority = new[] { $"stock:read@{stock}" } })).Code);
        Assert.Equal("outside_team", (await PatchAsync(staff.Operator, path, new { team = Staff.OtherTeam })).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Narrowing_holds_from_the_next_token_on_and_deleting_ends_the_tasks(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var path = $"/v1/workflows/{world.Workflow.Name}";
        var write = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:write")));

        await PatchAsync(staff.Operator, path, new { authority = new[] { world.Grant() } });
        Assert.Equal(200, write.Status);
        Assert.Equal("outside_workflow", (await world.Agent.TokenAsync(
            ("task", task.Id), ("scope", world.Grant("orders:write")))).Code);
        Assert.Equal(204, (await staff.Operator.CallAsync(HttpMethod.Delete, path)).Status);

        Assert.Equal("cancelled", (await staff.Viewer.GetAsync($"/v1/tasks/{task.Id}"))["status"]);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(write.AccessToken));
        Assert.Equal(404, (await staff.Operator.GetAsync(path)).Status);
    }

    [Theory]
    [InlineData("implicit")]
    [InlineData("Refunds")]
    [InlineData("re funds")]
    [InlineData("")]
    public async Task Name_that_means_something_else_is_refused(string name)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(
            await CreateAsync(staff.Owner, name, await broker.Seed.WorldAsync())));
    }

    [Theory]
    [InlineData("""{"agents":[]}""")]
    [InlineData("""{"agents":["agent/nobody"]}""")]
    [InlineData("""{"agents":["spiffe://example.com/agent/billing"]}""")]
    [InlineData("""{"starters":["nobody"]}""")]
    [InlineData("""{"purposes":["a\u0000b"]}""")]
    [InlineData("""{"authority":["orders:read@nowhere"]}""")]
    [InlineData("""{"authority":["task:start@writ"]}""")]
    [InlineData("""{"max_task_seconds":0}""")]
    [InlineData("""{"max_task_seconds":999999999}""")]
    [InlineData("""{"max_depth":-1}""")]
    [InlineData("""{"max_depth":99}""")]
    [InlineData("""{"name":"other"}""")]
    public async Task Change_that_means_nothing_is_refused(string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();

        var reply = await PatchAsync(staff.Owner, $"/v1/workflows/{world.Workflow.Name}", body);

        // An empty list of agents is a change: nobody does such work any more.
        Assert.Equal(body.Contains("[]", StringComparison.Ordinal) ? 200 : 400, reply.Status);
    }

    private static Task<Reply> CreateAsync(
        TestCaller caller, string name, TestWorld world, string[]? purposes = null) =>
        caller.PostAsync("/v1/workflows", new
        {
            name,
            purposes,
            authority = new[] { world.Grant() },
            agents = new[] { Staff.PathOf(world.Agent) },
        });
}
