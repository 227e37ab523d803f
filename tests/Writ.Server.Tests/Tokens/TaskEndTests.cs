using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>A task that ends while its tokens are being issued: no interleaving leaves a live one (P3).</summary>
public sealed class TaskEndTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_token_lives_once_the_end_is_acknowledged(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        world.Agent.TakeNonce();
        await world.Agent.ManagementTokenAsync();
        for (var round = 0; round < 15; round++)
        {
            var task = await world.TaskAsync();
            var asking = Enumerable.Range(0, 8).Select(_ => Task.Run(
                () => world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant())))).ToList();
            await Task.WhenAny(Task.WhenAny(asking), Task.Delay(round));

            var ended = await world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { });
            Assert.Equal(200, ended.Status);

            // From here on: what was handed out is dead, what comes now is refused.
            var replies = await Task.WhenAll(asking);
            Assert.All(replies.Where(r => r.Status == 200), r => Assert.False(IsAlive(broker, r)));
            Assert.All(replies.Where(r => r.Status != 200), r => Assert.Equal("task_not_open", r.Code));
            var late = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
            Assert.Equal("task_not_open", late.Code);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task End_of_a_task_kills_what_was_issued_below_it(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var root = await world.TaskAsync();
        var child = await world.TaskAsync(t => t with { Parent = root.Id, Ancestors = root.Id });
        var leaf = await broker.Seed.TaskAsync(
            world.Other, world.Workflow, t => t with { Parent = child.Id, Ancestors = $"{child.Id} {root.Id}" });
        var own = await world.Agent.TokenAsync(("task", root.Id), ("scope", world.Grant()));
        var below = await world.Agent.TokenAsync(("task", child.Id), ("scope", world.Grant()));
        var lowest = await world.Other.TokenAsync(("task", leaf.Id), ("scope", world.Grant()));
        Assert.All([own, below, lowest], r => Assert.True(IsAlive(broker, r)));

        var ended = await world.Agent.PostAsync(
            $"/v1/tasks/{root.Id}/end", new { status = "cancelled", reason = "enough" });
        var again = await world.Agent.PostAsync($"/v1/tasks/{root.Id}/end", new { });

        Assert.All([own, below, lowest], r => Assert.False(IsAlive(broker, r)));
        Assert.Equal("cancelled", ended["status"]);
        Assert.Equal("cancelled", again["status"]); // idempotent: it stays as it ended
        foreach (var id in new[] { root.Id, child.Id, leaf.Id })
            Assert.Equal(TaskStatusName.Cancelled, (await broker.Wiring.Tasks.FindAsync(id))!.Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Deadline_and_silence_end_a_task(Engine engine)
    {
        // A jump of this clock is no gap in what the broker sees.
        await using var broker = await TestBroker.StartAsync(
            engine, configure: s => s with { Freshness = TimeSpan.FromHours(1) });
        var world = await broker.Seed.WorldAsync();
        var brief = await world.TaskAsync(t => t with { Deadline = broker.Now.AddSeconds(30).ToMicros() });
        var silent = await world.TaskAsync(
            t => t with { HeartbeatSeconds = 15, HeartbeatAt = broker.Now.ToMicros() });
        var heard = await world.TaskAsync(
            t => t with { HeartbeatSeconds = 15, HeartbeatAt = broker.Now.ToMicros() });

        await broker.AdvanceAsync(TimeSpan.FromSeconds(10));
        world.Agent.TakeNonce();
        Assert.Equal(204, (await world.Agent.PostAsync($"/v1/tasks/{heard.Id}/heartbeat", new { })).Status);
        await broker.AdvanceAsync(TimeSpan.FromSeconds(6));
        await IsAsync(silent.Id, TaskStatusName.Expired);
        await IsAsync(heard.Id, TaskStatusName.Open);
        await IsAsync(brief.Id, TaskStatusName.Open);
        await broker.AdvanceAsync(TimeSpan.FromSeconds(15));
        await IsAsync(brief.Id, TaskStatusName.Expired);

        async Task IsAsync(string id, string status)
        {
            if (status == TaskStatusName.Expired)
                await Testing.Wait.UntilAsync(
                    async () =>
                    {
                        broker.Clock.Advance(TimeSpan.FromMilliseconds(50)); // the sweep's own turn
                        return (await broker.Wiring.Tasks.FindAsync(id))!.Status == status;
                    },
                    $"{id} is {status}");
            Assert.Equal(status, (await broker.Wiring.Tasks.FindAsync(id))!.Status);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Texts_of_a_task_hide_nothing_and_are_never_cut(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        string[] unfit = [new('x', 257), "refund\u202edenied", "two\nlines", "\u001b[2J", " "];
        foreach (var text in unfit)
        {
            await Attempt.IsRefusedAsync(
                broker,
                () => world.Agent.PostAsync("/v1/tasks", new { workflow = world.Workflow.Name, purpose = text }),
                400, "invalid_request");
            await Attempt.IsRefusedAsync(
                broker, () => world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { reason = text }),
                400, "invalid_request");
        }
        Assert.Equal(TaskStatusName.Open, (await broker.Wiring.Tasks.FindAsync(task.Id))!.Status);

        var ended = await world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { reason = new string('x', 256) });

        Assert.Equal(new string('x', 256), ended["end_reason"]);
    }

    // The user behind the parent comes along: whoever hangs a task below it must govern it.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Operator_hangs_no_task_below_another_teams(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var parent = await world.TaskAsync();
        var theirs = await broker.Seed.WorkflowAsync(
            Seed.Name("theirs"), [world.Agent], [world.Grant()], w => w with { Team = Staff.OtherTeam });
        var body = new { workflow = theirs.Name, agent = world.Agent.Id, purpose = "x", parent = parent.Id };

        await Attempt.IsRefusedAsync(
            broker, () => staff.Stranger.PostAsync("/v1/tasks", body), 403, null, "outside_team");

        Assert.Equal(201, (await staff.Owner.PostAsync("/v1/tasks", body)).Status);
    }

    private static bool IsAlive(TestBroker broker, Reply reply) =>
        broker.Wiring.TokenCallers.ReadAny(reply.AccessToken) is not null;
}
