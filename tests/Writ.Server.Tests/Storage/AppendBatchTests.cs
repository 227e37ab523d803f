using System.Text;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>One batch, one transaction: a failed claim touches only its own entry.</summary>
public sealed class AppendBatchTests
{
    private static readonly ClaimFailure No = ClaimFailure.Conflict("the test says no");

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_two_equal_values_in_one_batch_the_first_takes_it(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);

        var outcomes = await RunAsync(log, [log.Once("v")], [log.Once("w")], [log.Once("v")]);

        Assert.Equal([null, null, "assertion_replayed"], outcomes.Select(FailureOf));
        Assert.Equal([0, 1, 2], outcomes.Cast<AppendOutcome.Written>().Select(w => w.Index));
        Assert.Equal(["0", "1", "assertion_replayed"], await BodiesAsync(log));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_entries_equal_in_all_their_values_the_first_takes_all(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        for (var round = 0; round < 10; round++) // whichever of the two values comes first in the store's order
        {
            Claim[] Pair() => [log.Once($"assertion {round}"), log.Once($"proof {round}")];

            var outcomes = await RunAsync(log, Pair(), Pair(), Pair());

            Assert.Equal([null, "assertion_replayed", "assertion_replayed"], outcomes.Select(FailureOf));
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Entry_that_fails_keeps_the_one_time_values_it_took(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await RunAsync(log, [log.Once("proof")]);

        // The assertion is new, the proof is not: the refusal uses the assertion up.
        var refused = await RunAsync(log, [log.Once("assertion"), log.Once("proof")]);
        var again = await RunAsync(log, [log.Once("assertion")]);

        Assert.Equal(["assertion_replayed"], refused.Select(FailureOf));
        Assert.Equal(["assertion_replayed"], again.Select(FailureOf));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Effects_of_a_failed_entry_are_rolled_back_alone(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);

        var outcomes = await RunAsync(
            log,
            [TestLog.Put("before")],
            [TestLog.Put("within"), new Claim.Effect(_ => Task.FromResult<ClaimFailure?>(No))],
            [TestLog.Put("after")]);

        Assert.Equal([null, "conflict", null], outcomes.Select(FailureOf));
        Assert.Equal("1", await log.SettingAsync("before"));
        Assert.Null(await log.SettingAsync("within"));
        Assert.Equal("1", await log.SettingAsync("after"));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Effect_does_not_run_when_another_claim_of_its_entry_failed(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);

        var outcomes = await RunAsync(
            log,
            [log.Once("v")],
            [log.Once("v"), TestLog.Put("replayed")],
            [new Claim.TaskOpen("task_none"), TestLog.Put("no task")],
            [new Claim.PrincipalCurrent("nobody", 1), TestLog.Put("stale")]);

        Assert.Equal([null, "assertion_replayed", "task_not_open"], outcomes.Take(3).Select(FailureOf));
        Assert.IsType<AppendOutcome.Stale>(outcomes[3]);
        Assert.Null(await log.SettingAsync("replayed"));
        Assert.Null(await log.SettingAsync("no task"));
        Assert.Null(await log.SettingAsync("stale"));
        Assert.Equal(3, await log.HeadAsync()); // the stale one has no place in the log
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_opens_with_its_record_or_not_at_all(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var opened = Work(log, "task_a");
        var not = Work(log, "task_b") with { Parent = "task_none" };

        var outcomes = await RunAsync(
            log, [new Claim.OpenTask(opened)], [new Claim.OpenTask(not), new Claim.TaskOpen("task_none")]);

        Assert.Equal([null, "task_not_open"], outcomes.Select(FailureOf));
        var tasks = new TaskStore(log.Inner);
        Assert.Equal(opened, await tasks.FindAsync("task_a"));
        Assert.Null(await tasks.FindAsync("task_b"));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_opens_only_while_all_above_it_are_open(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        TaskRow Below(string id, string parent, string ancestors) =>
            Work(log, id) with { Parent = parent, Ancestors = ancestors };
        await RunAsync(
            log,
            [new Claim.OpenTask(Work(log, "task_top") with { Status = TaskStatusName.Completed })],
            [new Claim.OpenTask(Work(log, "task_between"))]);

        var outcomes = await RunAsync(
            log,
            [new Claim.OpenTask(Below("task_a", "task_between", "task_between task_top"))],
            [new Claim.OpenTask(Below("task_b", "task_between", "task_between"))]);

        Assert.Equal(["task_not_open", null], outcomes.Select(FailureOf));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_past_its_deadline_is_not_open(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await RunAsync(log, [new Claim.OpenTask(Work(log, "task_late") with { Deadline = log.Now.ToMicros() })]);

        var outcomes = await RunAsync(log, [new Claim.TaskOpen("task_late")]);

        Assert.Equal(["task_not_open"], outcomes.Select(FailureOf));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_ends_in_the_batch_gives_nothing_more_in_it(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await RunAsync(log, [new Claim.OpenTask(Work(log, "task_x"))]);
        var end = new Claim.Effect(async tx =>
        {
            await TaskStore.EndTreesAsync(tx, ["task_x"], TaskStatusName.Completed, "test");
            return null;
        });

        // Whatever their order: what the batch ends, no token of the same batch may claim.
        var outcomes = await RunAsync(log, [new Claim.TaskOpen("task_x")], [end], [new Claim.TaskOpen("task_x")]);

        Assert.Equal(["task_not_open", null, "task_not_open"], outcomes.Select(FailureOf));
    }

    [Fact]
    public async Task Batch_that_holds_is_one_round_trip_and_one_that_does_not_leaves_nothing_behind()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var log = await TestLog.OpenAsync(store);
        var registry = await WithFactsAsync(log);
        await RunAsync(log, [new Claim.OpenTask(Work(log, "task_x"))]);
        using var count = new CommandCount(store);

        for (var i = 0; i < 20; i++)
        {
            Claim[] held =
            [
                log.Once($"a{i}"), new Claim.TaskOpen("task_x"), new Claim.RegistryCurrent(registry),
                new Claim.PrincipalCurrent("agent", 7), new Claim.PrincipalCurrent("operator", 3),
                new Claim.OpenTask(Work(log, $"task_{i}") with { Parent = "task_x", Ancestors = "task_x" }),
            ];
            Assert.Equal([null, null], (await RunAsync(log, held, [log.Once($"b{i}")])).Select(FailureOf));
        }
        Assert.Equal((20, 0), (count.Of("COMMIT"), count.Of("ON CONFLICT")));

        var failed = await RunAsync(log, [log.Once("c")], [new Claim.TaskOpen("task_none")], [log.Once("a1")]);
        Assert.Equal([null, "task_not_open", "assertion_replayed"], failed.Select(FailureOf));
        foreach (Claim stale in (Claim[])
            [
                new Claim.PrincipalCurrent("agent", 6), new Claim.PrincipalCurrent("operator", 4),
                new Claim.PrincipalCurrent("nobody", 1), new Claim.RegistryCurrent(registry + 1),
            ])
        {
            var outcomes = await RunAsync(log, [stale], [new Claim.PrincipalCurrent("agent", 7)]);
            Assert.IsType<AppendOutcome.Stale>(outcomes[0]);
            Assert.Null(FailureOf(outcomes[1]));
        }
        Assert.Equal((48, 48), (await log.HeadAsync(), await log.RecordsAsync()));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Without_a_head_of_the_log_nothing_is_written(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await RunAsync(log, [log.Once("v")]);
        await log.Inner.WriteAsync(tx => tx.ExecuteAsync("DELETE FROM log_head"));

        await Assert.ThrowsAnyAsync<Exception>(() => RunAsync(log, [log.Once("w")]));

        Assert.Equal(1, await log.RecordsAsync());
    }

    private static Task<long> WithFactsAsync(TestLog log) => log.Inner.WriteAsync(async tx =>
    {
        await tx.ExecuteAsync("""
            INSERT INTO identity
              (id, kind, owner, team, purpose, status, clearance, labels, entitlements, implicit_task, bearer,
               created_at, expires_at, version)
            VALUES ('agent', 'agent', 'o', 't', 'p', 'active', 'public', '[]', '[]', @no, @no, 0, @ever, 7)
            """, new { no = false, ever = long.MaxValue });
        await tx.ExecuteAsync("""
            INSERT INTO operator (id, name, role, status, created_at, version)
            VALUES ('operator', 'o', 'owner', 'active', 0, 3)
            """);
        return await tx.ScalarAsync<long>("SELECT version FROM registry_version WHERE id = 1");
    });

    private static TaskRow Work(TestLog log, string id) =>
        log.Work(id) with { Purpose = "“test” \\ ' \" é", HeartbeatSeconds = 15 };

    private static async Task<IReadOnlyList<AppendOutcome>> RunAsync(TestLog log, params IReadOnlyList<Claim>[] entries)
    {
        var head = await log.HeadAsync();
        var batch = entries.Select((claims, i) => new AppendEntry(
            claims, new RecordBytes(Encoding.UTF8.GetBytes($"{head + i}")),
            f => new RecordBytes(Encoding.UTF8.GetBytes(f.Code)))).ToList();
        return (await log.Inner.AppendAsync(batch)).Outcomes;
    }

    private static async Task<IEnumerable<string>> BodiesAsync(TestLog log) =>
        (await new RecordStore(log.Inner).FromAsync(0, 100)).Select(r => Encoding.UTF8.GetString(r.Body));

    private static string? FailureOf(AppendOutcome outcome) => ((AppendOutcome.Written)outcome).Failure?.Code;
}
