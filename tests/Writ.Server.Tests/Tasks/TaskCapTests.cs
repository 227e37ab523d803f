using Writ.Server.Storage;
using Writ.Server.Tasks;

namespace Writ.Server.Tests.Tasks;

/// <summary>How many tasks one agent may have open, and how those end that nobody ends.</summary>
public sealed class TaskCapTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Agent_opens_so_many_tasks_and_no_more(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, configure: s => s with { MaxOpenTasks = 2 });
        var world = await broker.Seed.WorldAsync();
        var first = await OpenAsync(world);
        Assert.Equal(201, (await OpenAsync(world)).Status);

        var third = await OpenAsync(world);
        var others = await OpenAsync(world, world.Other);
        await world.Agent.PostAsync($"/v1/tasks/{first["id"]}/end", new { });
        var again = await OpenAsync(world);

        Assert.Equal((429, "too_many_tasks"), (third.Status, third.Code));
        Assert.Equal((201, 201), (others.Status, again.Status));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Silent_task_ends_however_many_deadlines_have_passed(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var tasks = new TaskStore(log.Inner);
        var revocations = new Server.Revocations.RevocationLog(new()
        {
            TrustDomain = Protocol.TrustDomain.Parse("example.org"),
            Issuer = "https://writ.example",
            DataDirectory = "/nowhere",
        });
        var sweeper = new TaskSweeper(
            log.Inner, tasks, log.Audit, revocations, new Testing.FakeTimeProvider(log.Now), Always);
        var late = Enumerable.Range(0, 700).Select(i => log.Work($"task_late{i}") with { Deadline = 1 }).ToList();
        var silent = log.Work("task_silent") with
        {
            HeartbeatSeconds = 15,
            HeartbeatAt = log.Now.AddSeconds(-16).ToMicros(),
        };
        var heard = silent with { Id = "task_heard", HeartbeatAt = log.Now.AddSeconds(-14).ToMicros() };
        await log.AppendAsync([.. late.Append(silent).Append(heard).Select(t => new Claim.OpenTask(t))]);

        await sweeper.RunAsync();

        Assert.Equal(("expired", "silence"), await EndAsync(tasks, silent));
        Assert.Equal(("open", null), await EndAsync(tasks, heard));
        await sweeper.RunAsync();
        Assert.Equal(("expired", "deadline"), await EndAsync(tasks, late[^1]));
        Assert.Equal(0, await sweeper.RunAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task More_tasks_that_ended_with_their_token_than_one_step_takes_are_marked_at_one_turn(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var tasks = new TaskStore(log.Inner);
        var sweeper = new TaskSweeper(
            log.Inner, tasks, log.Audit, null!, new Testing.FakeTimeProvider(log.Now), Always);
        await log.AppendAsync([.. Enumerable.Range(0, 2500).Select(
            i => new Claim.OpenTask(log.Work($"task_{i}") with { Implicit = true, Deadline = 1 }))]);

        Assert.Equal(2500, await sweeper.RunAsync());
        Assert.Equal(0, await sweeper.RunAsync());
    }

    private static DateTimeOffset? Always() => DateTimeOffset.MinValue;

    private static async Task<(string Status, string? Reason)> EndAsync(TaskStore tasks, TaskRow row) =>
        (await tasks.FindAsync(row.Id)) is { } now ? (now.Status, now.EndReason) : default;

    private static Task<Reply> OpenAsync(TestWorld world, TestCaller? agent = null) =>
        (agent ?? world.Agent).PostAsync("/v1/tasks", new { workflow = world.Workflow.Name, purpose = "test" });
}
