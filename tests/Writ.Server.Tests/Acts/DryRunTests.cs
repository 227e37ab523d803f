namespace Writ.Server.Tests.Acts;

/// <summary>Asked whether: decided, tried, taken back.</summary>
public sealed class DryRunTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Dry_run_does_nothing_and_leaves_a_record_that_says_so(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("shelf");
        var body = new { name, uri = $"https://{name}.example", actions = new[] { "shelf:read" }, team = Staff.Team };

        var record = await Attempt.IsRefusedAsync(
            broker, () => staff.Operator.PostAsync("/v1/resources?dry_run=true", body), 200, null);

        Assert.Equal("dry_run", record.GetProperty("reason").GetString());
        Assert.Equal("resource.create", record.GetProperty("kind").GetString());
        Assert.Equal(404, (await staff.Operator.GetAsync($"/v1/resources/{name}")).Status);
        Assert.Equal(201, (await staff.Operator.PostAsync("/v1/resources", body)).Status);
        Assert.Equal(409, (await staff.Operator.PostAsync("/v1/resources?dry_run=true", body)).Status);
        Assert.Equal(403, (await staff.Viewer.PostAsync("/v1/resources?dry_run=true", body)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Dry_lock_stops_nobody(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
        var head = await broker.HeadAsync();

        var asked = await staff.Operator.PostAsync(
            "/v1/locks?dry_run=true", new { identity = world.Agent.Id, reason = "odd" });

        Assert.Equal(200, asked.Status);
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.Equal("open", (await staff.Viewer.GetAsync($"/v1/tasks/{task.Id}"))["status"]);
        Assert.DoesNotContain(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "identity.lock");
    }
}
