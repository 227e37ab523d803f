using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>Silence is the holder's alone: a broker that was away has not listened (the run goes on).</summary>
public sealed class SilenceTests
{
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(20);

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Restart_is_not_counted_against_who_called_meanwhile(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        var clock = FakeTimeProvider.AtPresent();
        TaskRow task;
        await using (var before = await TestBroker.StartAsync(store, clock))
        {
            var world = await before.Seed.WorldAsync();
            task = await world.TaskAsync(
                t => t with { HeartbeatSeconds = 15, HeartbeatAt = before.Now.ToMicros() });
        }

        clock.Advance(Away);
        await using var after = await TestBroker.StartAsync(
            store, clock, s => s with { Freshness = TimeSpan.FromHours(1) });

        await SweepAsync(after, TimeSpan.FromSeconds(13));
        Assert.Equal(TaskStatusName.Open, await StatusAsync(after, task));
        clock.Advance(TimeSpan.FromSeconds(3));
        await Wait.UntilAsync(
            async () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(50)); // the sweep's own turn
                return await StatusAsync(after, task) == TaskStatusName.Expired;
            },
            "the silent task is ended, now that there was somebody to hear it");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Broker_that_was_stopped_for_a_while_listens_anew(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync(t => t with { HeartbeatSeconds = 15, HeartbeatAt = broker.Now.ToMicros() });

        await broker.AdvanceAsync(Away); // as of a SIGSTOP: no look at the store in all this time
        await SweepAsync(broker, TimeSpan.Zero);

        Assert.Equal(broker.Now, broker.Wiring.Revocations.InSightSince!.Value, TimeSpan.FromSeconds(10));
        Assert.Equal(TaskStatusName.Open, await StatusAsync(broker, task));
    }

    [Fact]
    public async Task Machine_that_slept_sees_a_gap_by_the_time_of_day()
    {
        var clock = new SleepyTime();
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, clock);
        await Wait.UntilAsync(() => broker.Wiring.Revocations.InSightSince is not null, "it sees the store");
        var before = broker.Wiring.Revocations.InSightSince!.Value;

        clock.Slept = Away; // timestamps stand still meanwhile

        await Wait.UntilAsync(
            () => broker.Wiring.Revocations.InSightSince is { } since && since - before >= Away,
            "what it sees begins anew");
    }

    /// <summary>Lets the sweep have some turns, once time has passed.</summary>
    private static async Task SweepAsync(TestBroker broker, TimeSpan after)
    {
        broker.Clock.Advance(after);
        for (var turn = 0; turn < 25; turn++)
        {
            broker.Clock.Advance(TimeSpan.FromMilliseconds(40));
            await Task.Delay(10);
        }
    }

    private static async Task<string> StatusAsync(TestBroker broker, TaskRow task) =>
        (await broker.Wiring.Tasks.FindAsync(task.Id))!.Status;

    private sealed class SleepyTime : TimeProvider
    {
        public TimeSpan Slept { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Slept;
    }
}
