using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>What is said of a task that cannot be started: which of the many things it was.</summary>
public sealed class TaskStartTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Fact]
    public async Task Operator_names_the_agent()
    {
        var (broker, world, staff) = await WorldAsync();

        var reply = await StartAsync(staff.Operator, world, null, 400, "invalid_request", broker);

        Assert.Contains("name the agent", reply["detail"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("agent/nobody", "There is no identity agent/nobody.")]
    [InlineData("nobody", "There is no identity nobody; is it agent/nobody?")]
    public async Task Agent_that_does_not_exist_is_named(string agent, string said)
    {
        var (broker, world, staff) = await WorldAsync();

        var reply = await StartAsync(
            staff.Operator, world, $"spiffe://example.org/{agent}", 403, "unknown_client", broker);

        Assert.Equal(said, reply["detail"]);
    }

    [Theory]
    [InlineData("suspended", "is suspended.")]
    [InlineData("decommissioned", "is decommissioned.")]
    [InlineData("active", "expired at ")]
    public async Task Agent_that_is_not_active_hears_why(string status, string said)
    {
        var (broker, world, staff) = await WorldAsync();
        await broker.Seed.ChangeAsync(
            world.Agent, i => i with { Status = status, ExpiresAt = status == "active" ? 1 : i.ExpiresAt });

        var reply = await StartAsync(staff.Operator, world, world.Agent.Id, 403, "identity_not_active", broker);

        Assert.Contains($"{Staff.PathOf(world.Agent)} {said}", reply["detail"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Viewer_hears_that_it_is_the_role()
    {
        var (broker, world, staff) = await WorldAsync();

        await StartAsync(staff.Viewer, world, world.Agent.Id, 403, "role_too_low", broker);
    }

    [Fact]
    public async Task Agent_hears_that_the_log_is_for_operators()
    {
        var (broker, world, _) = await WorldAsync();
        var reply = await world.Agent.GetAsync("/v1/records");

        Assert.Equal((403, "role_too_low"), (reply.Status, reply.Code));
        Assert.Equal("Identities may not read the log: ask an operator.", reply["detail"]);
        Assert.Equal("role_too_low", (await Attempt.IsRefusedAsync(
            broker, () => world.Agent.GetAsync("/v1/records"), 403, null)).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task Refusal_of_a_dead_token_says_whose_it_was()
    {
        var (broker, world, staff) = await WorldAsync();
        var token = await world.Agent.ManagementTokenAsync();
        await staff.Operator.PostAsync("/v1/locks", new { identity = world.Agent.Id, reason = "odd" });

        var record = await Attempt.IsRefusedAsync(
            broker, () => world.Agent.CallAsync(HttpMethod.Get, "/v1/tasks", null, token), 401, null);

        Assert.Equal("caller.refuse", record.GetProperty("kind").GetString());
        Assert.Equal(world.Agent.Id, record.GetProperty("detail").GetProperty("claimed").GetString());
    }

    private async Task<(TestBroker, TestWorld, Staff)> WorldAsync()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        return (broker, await broker.Seed.WorldAsync(), await Staff.HireAsync(broker));
    }

    private static async Task<Reply> StartAsync(
        TestCaller who, TestWorld world, string? agent, int status, string code, TestBroker broker)
    {
        var reply = await who.PostAsync("/v1/tasks", new { workflow = world.Workflow.Name, agent, purpose = "x" });
        Assert.Equal((status, code), (reply.Status, reply.Code));
        Assert.DoesNotContain(
            await broker.Wiring.Tasks.ListAsync(
                new TaskFilter(world.Agent.Id, world.Workflow.Name, null, null, null, null, 10)),
            t => t.OpenedBy == who.Id);
        return reply;
    }
}
