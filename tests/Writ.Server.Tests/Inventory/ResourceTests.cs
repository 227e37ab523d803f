using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Inventory;

/// <summary>The register of resources.</summary>
public sealed class ResourceTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Resource_is_registered_shown_changed_and_deleted(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("orders");

        var created = await CreateAsync(staff.Operator, name, $"https://{name}.example");
        var path = $"/v1/resources/{name}";

        Assert.True(created.Status == 201, created.Text);
        Assert.Equal(staff.Operator.Id, (await staff.Viewer.GetAsync(path))["owner"]);
        var changed = await PatchAsync(staff.Operator, path, new { classification = "restricted" });
        Assert.Equal("restricted", changed["classification"]);
        var late = await PatchAsync(staff.Operator, path, new { classification = "public", version = 1 });
        Assert.Equal((409, "conflict"), StatusOf(late));
        Assert.Equal("outside_team", (await PatchAsync(staff.Operator, path, new { team = Staff.OtherTeam })).Code);
        Assert.Equal("outside_team", (await staff.Stranger.CallAsync(HttpMethod.Delete, path)).Code);
        Assert.Equal(204, (await staff.Operator.CallAsync(HttpMethod.Delete, path)).Status);
        Assert.Equal(404, (await staff.Operator.CallAsync(HttpMethod.Delete, path)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Deleting_ends_the_tasks_that_may_touch_it_and_waits_for_entitlements_to_go(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var path = $"/v1/resources/{world.Orders.Name}";
        var task = await world.TaskAsync();
        var token = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        Assert.Equal((409, "in_use"), StatusOf(await staff.Operator.CallAsync(HttpMethod.Delete, path)));
        string[] nothing = [];
        foreach (var agent in new[] { world.Agent, world.Other })
            await PatchAsync(staff.Operator, $"/v1/identities/{Staff.PathOf(agent)}", new { entitlements = nothing });
        Assert.Equal((409, "in_use"), StatusOf(await staff.Operator.CallAsync(HttpMethod.Delete, path)));
        await PatchAsync(staff.Operator, $"/v1/workflows/{world.Workflow.Name}", new { authority = nothing });
        var deleted = await staff.Operator.CallAsync(HttpMethod.Delete, path);

        Assert.True(deleted.Status == 204, deleted.Text);
        Assert.Equal("cancelled", (await staff.Viewer.GetAsync($"/v1/tasks/{task.Id}"))["status"]);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token.AccessToken));
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("https://a.example/#frag")]
    [InlineData("https://user@a.example")]
    [InlineData("https://A.example")]
    [InlineData("https://a.example:443/x")]
    [InlineData("https://a.example/ x")]
    [InlineData("https://a.example/\"x")]
    [InlineData("//a.example")]
    [InlineData("ISSUER")]
    [InlineData("ISSUER/")]
    [InlineData("")]
    public async Task Uri_that_could_be_taken_for_another_is_refused(string uri)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        uri = uri.Replace("ISSUER", broker.Issuer, StringComparison.Ordinal);

        Assert.Equal((400, "invalid_request"), StatusOf(await CreateAsync(staff.Owner, Seed.Name("r"), uri)));
    }

    [Theory]
    [InlineData("writ")]
    [InlineData("Orders")]
    [InlineData("or ders")]
    [InlineData("оrders")] // a Cyrillic о
    [InlineData("")]
    public async Task Name_that_could_be_taken_for_another_is_refused(string name)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(await CreateAsync(staff.Owner, name, "https://a.example")));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Name_and_uri_are_registered_once(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");

        Assert.Equal(409, (await CreateAsync(staff.Owner, orders.Name, "https://other.example")).Status);
        Assert.Equal(409, (await CreateAsync(staff.Owner, Seed.Name("orders"), orders.Uri)).Status);
    }

    [Fact]
    public async Task Uri_never_changes()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");

        var reply = await PatchAsync(staff.Owner, $"/v1/resources/{orders.Name}", new { uri = "https://evil.example" });

        Assert.Equal((400, "invalid_request"), StatusOf(reply));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Raised_classification_holds_from_the_next_token_on(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        await broker.Seed.ChangeAsync(world.Agent, i => i with { Clearance = "internal" });
        var task = await world.TaskAsync();
        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);

        await PatchAsync(staff.Operator, $"/v1/resources/{world.Orders.Name}", new { classification = "confidential" });

        Assert.Equal("not_cleared", (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Code);
    }

    private static Task<Reply> CreateAsync(TestCaller caller, string name, string uri) =>
        caller.PostAsync("/v1/resources", new { name, uri, actions = new[] { "orders:read", "orders:write" } });
}
