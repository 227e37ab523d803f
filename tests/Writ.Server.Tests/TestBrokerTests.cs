namespace Writ.Server.Tests;

/// <summary>The fixture itself: what every other test rests on.</summary>
public sealed class TestBrokerTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_is_issued_for_a_task_and_recorded(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var head = await broker.HeadAsync();

        var reply = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));

        Assert.Equal(200, reply.Status);
        Assert.Equal(task.Id, reply["task"]);
        var record = Assert.Single(await broker.RecordsAsync(head));
        Assert.Equal("token.issue", record.GetProperty("kind").GetString());
        Assert.Equal(reply["decision_id"], record.GetProperty("decision_id").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_is_opened_and_ended_over_the_management_api(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();

        var opened = await world.Agent.PostAsync(
            "/v1/tasks", new { workflow = world.Workflow.Name, purpose = "refund" });
        var ended = await world.Agent.PostAsync($"/v1/tasks/{opened["id"]}/end", new { });

        Assert.Equal(201, opened.Status);
        Assert.Equal(200, ended.Status);
        Assert.Equal("completed", ended["status"]);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Clock_moves_and_the_replica_stays_fresh(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var before = await world.Agent.ManagementTokenAsync();

        await broker.AdvanceAsync(TimeSpan.FromDays(1));

        Assert.Equal(401, (await world.Agent.CallAsync(HttpMethod.Get, "/v1/tasks", null, before)).Status);
        Assert.Equal(200, (await world.Agent.GetAsync("/v1/tasks")).Status);
    }
}
