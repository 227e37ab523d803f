using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Revocations;

/// <summary>Tasks that open with a token are made as fast as tokens are: whoever is to be stopped cannot jam their own
/// end with them.</summary>
public sealed class ManyTasksTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Lock_of_an_agent_is_as_little_work_however_many_tokens_it_got(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var named = await world.TaskAsync();
        var child = await broker.Seed.TaskAsync(
            world.Other, world.Workflow, t => t with { Parent = named.Id, Ancestors = named.Id });
        await OpenImplicitAsync(broker, world.Agent, 50_000);
        await staff.Operator.ManagementTokenAsync();
        using var count = engine == Engine.Postgres ? new CommandCount(broker.Store) : null;

        var locked = await staff.Operator.PostAsync("/v1/locks", new { identity = world.Agent.Id, reason = "flood" });

        Assert.True(locked.Status == 201, locked.Text);
        Assert.InRange(count?.Of("task") ?? 1, 1, 20);
        // The identity's row kills all that it got; its task's row what others got below that.
        Assert.Equal([world.Agent.Id, named.Id], (await RowsAsync(broker)).Select(r => r.Value));
        foreach (var id in new[] { named.Id, child.Id })
            Assert.Equal(TaskStatusName.Cancelled, (await broker.Wiring.Tasks.FindAsync(id))!.Status);
        Assert.Equal(50_000 - TaskStore.MostMarked, await OpenAsync(broker, world.Agent));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task End_of_a_task_is_as_little_work_however_often_its_token_was_handed_on(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var root = await world.TaskAsync();
        var named = await world.TaskAsync(t => t with { Parent = root.Id, Ancestors = root.Id });
        await OpenImplicitAsync(broker, world.Agent, 12_000, named);
        using var count = engine == Engine.Postgres ? new CommandCount(broker.Store) : null;

        await broker.Seed.EndTaskAsync(root.Id);

        Assert.InRange(count?.Of("UPDATE task") ?? 1, 1, 3);
        Assert.Equal(root.Id, Assert.Single(await RowsAsync(broker)).Value);
        Assert.Equal(TaskStatusName.Completed, (await broker.Wiring.Tasks.FindAsync(named.Id))!.Status);
        Assert.InRange(await OpenAsync(broker, world.Agent), 7_000, 7_002);
        // What is not marked gives nothing all the same.
        var open = await broker.Wiring.Database.FirstAsync<string>(
            "SELECT id FROM task WHERE status = 'open' AND parent = @id", new { id = named.Id });
        var below = Implicit(world.Agent, broker, "task_late", (await broker.Wiring.Tasks.FindAsync(open!))!);
        var appended = await broker.Wiring.Audit.AppendOwnActAsync(
            new AuditEvent { Kind = "test.exchange" }, [new Claim.OpenTask(below)]);
        Assert.Equal(ClaimFailure.TaskEnded, Assert.IsType<Appended.Refused>(appended).Failure);
    }

    private static async Task OpenImplicitAsync(TestBroker broker, TestCaller agent, int count, TaskRow? parent = null)
    {
        var tasks = Enumerable.Range(0, count).Select(i => Implicit(agent, broker, $"task_brief{i:D5}", parent));
        Assert.IsType<Appended.Done>(await broker.Wiring.Audit.AppendOwnActAsync(
            new AuditEvent { Kind = "test.seed" }, [.. tasks.Select(t => new Claim.OpenTask(t))]));
    }

    private static TaskRow Implicit(TestCaller agent, TestBroker broker, string id, TaskRow? parent) => new()
    {
        Id = id,
        Workflow = parent?.Workflow ?? TaskRow.NoWorkflow,
        Agent = agent.Id,
        Parent = parent?.Id,
        Ancestors = parent is null ? "" : $"{parent.Id} {parent.Ancestors}".TrimEnd(),
        Purpose = "implicit",
        Authority = "[]",
        Implicit = true,
        OpenedBy = agent.Id,
        OpenedAt = broker.Now.ToMicros(),
        Deadline = broker.Now.AddMinutes(15).ToMicros(),
    };

    private static Task<long> OpenAsync(TestBroker broker, TestCaller agent) =>
        broker.Wiring.Database.FirstAsync<long>(
            "SELECT COUNT(*) FROM task WHERE agent = @Id AND implicit AND status = 'open' AND purpose = 'implicit'",
            new { agent.Id });

    private static Task<IReadOnlyList<RevocationRow>> RowsAsync(TestBroker broker) =>
        new RevocationStore(broker.Wiring.Database).SinceAsync(0, 0);
}
