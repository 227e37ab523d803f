using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Revocations;

/// <summary>What is written when something is revoked: as little, for as short a time, as kills all of it.</summary>
public sealed class RevocationLogTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private static readonly TimeSpan Spare = TimeSpan.FromSeconds(10); // twice the skew

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task End_of_a_tree_is_one_row_for_as_long_as_its_tokens_may_live(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var root = await world.TaskAsync(t => t with { Deadline = broker.Now.AddHours(8).ToMicros() });
        var child = await world.TaskAsync(t => t with { Parent = root.Id, Ancestors = root.Id });
        var leaf = await world.TaskAsync(t => t with { Parent = child.Id, Ancestors = $"{child.Id} {root.Id}" });

        await broker.Seed.EndTaskAsync(root.Id);

        var row = Assert.Single(await RowsAsync(broker));
        Assert.Equal(root.Id, row.Value);
        Assert.Equal((broker.Now + broker.Wiring.Settings.OtherTokenLife + Spare).ToMicros(), row.MattersUntil);
        foreach (var task in new[] { root, child, leaf })
            Assert.Equal(TaskStatusName.Completed, (await broker.Wiring.Tasks.FindAsync(task.Id))!.Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Row_outlives_the_longest_token_that_was_ever_allowed(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        await broker.Seed.ChangeAsync(world.Other, i => i with { MaxTokenSeconds = 4 * 3600 });
        await broker.Seed.ChangeAsync(world.Other, i => i with { MaxTokenSeconds = 60 });
        var task = await world.TaskAsync(t => t with { Deadline = broker.Now.AddHours(8).ToMicros() });
        var brief = await world.TaskAsync(t => t with { Deadline = broker.Now.AddMinutes(5).ToMicros() });

        await broker.Seed.EndTaskAsync(task.Id);
        await broker.Seed.EndTaskAsync(brief.Id);

        var rows = await RowsAsync(broker);
        Assert.Equal(
            [(broker.Now.AddHours(4) + Spare).ToMicros(), (broker.Now.AddMinutes(5) + Spare).ToMicros()],
            rows.Select(r => r.MattersUntil));
    }

    // Whoever acknowledges an end knows of it at once; everybody else has known for long.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_ends_again_is_told_here_and_nowhere_else(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await broker.Seed.EndTaskAsync(task.Id);
        var set = broker.Wiring.Revocations.Set;
        set.Reset(set.Epoch, set.Index); // as if another replica had ended it a moment ago

        for (var again = 0; again < 5; again++) await broker.Seed.EndTaskAsync(task.Id);

        Assert.True(set.IsRevoked([RevocationHandle.Task(task.Id)], broker.Now, out _));
        Assert.Single(await RowsAsync(broker));
    }

    // Both are decided while the agent is active; whichever comes first, the task does not outlive the lock.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_opens_in_the_batch_of_its_agents_lock_ends_with_it_or_does_not_open(Engine engine)
    {
        foreach (var lockFirst in new[] { true, false })
        {
            await using var store = await TestStore.CreateAsync(engine);
            await (await store.OpenMigratedAsync(TimeProvider.System)).DisposeAsync();
            FaultyDatabase? faulty = null;
            await using var broker = await TestBroker.StartAsync(store, wrap: d => faulty = new FaultyDatabase(d));
            var world = await broker.Seed.WorldAsync();
            var opened = await world.TaskAsync();
            var row = opened with { Id = "task_late" };
            var registry = await broker.Wiring.Registry.CurrentAsync();
            Claim[] opening =
            [
                new Claim.PrincipalCurrent(world.Agent.Id, 1), new Claim.RegistryCurrent(registry.Version),
                new Claim.OpenTask(row),
            ];
            var locking = broker.Wiring.RevocationLog.Lock(
                tx => IdentityStore.ToLockAsync(tx, world.Agent.Id, null, null), "test", _ => { });
            var gate = new TaskCompletionSource();
            faulty!.Gate = gate.Task;
            var e = new AuditEvent { Kind = "test.batch" };
            var audit = broker.Wiring.Audit;
            var writes = faulty.Writes;
            var first = audit.AppendOwnActAsync(e, []); // keeps the writer busy
            await Testing.Wait.UntilAsync(() => faulty.Writes > writes, "the writer is busy");

            Task<Appended>[] both = lockFirst
                ? [audit.AppendOwnActAsync(e, [locking]), audit.AppendOwnActAsync(e, opening)]
                : [audit.AppendOwnActAsync(e, opening), audit.AppendOwnActAsync(e, [locking])];
            gate.SetResult();

            await Task.WhenAll([first, .. both]);
            Assert.Equal(TaskStatusName.Cancelled, (await broker.Wiring.Tasks.FindAsync(opened.Id))!.Status);
            var late = await broker.Wiring.Tasks.FindAsync(row.Id);
            Assert.True(late is null or { Status: TaskStatusName.Cancelled }, late?.Status);
        }
    }

    // What slipped in below a task that ends would live on to its own deadline.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_that_opens_while_its_parent_ends_ends_with_it_or_does_not_open(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        world.Agent.TakeNonce();
        await world.Agent.ManagementTokenAsync();
        for (var round = 0; round < 10; round++)
        {
            var root = await world.TaskAsync();
            var body = new { workflow = world.Workflow.Name, purpose = "test", parent = root.Id };
            var opening = Enumerable.Range(0, 6).Select(
                _ => Task.Run(() => world.Agent.PostAsync("/v1/tasks", body))).ToList();
            await Task.WhenAny(Task.WhenAll(opening), Task.Delay(round));

            await broker.Seed.EndTaskAsync(root.Id);
            await Task.WhenAll(opening);

            Assert.DoesNotContain(
                await broker.Wiring.Tasks.TreeAsync(root.Id, 100), t => t.Status == TaskStatusName.Open);
        }
    }

    // Other replicas go on issuing until the commit: what dies up to now dies up to then.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Slow_transaction_kills_what_was_issued_while_it_lasted(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var began = broker.Now;
        var took = TimeSpan.FromSeconds(40);
        broker.Wiring.Audit.GiveUpWhen(() => false); // the clock jumps; the store is there all the while

        await broker.Seed.ApplyAsync(
            ((Claim.Effect)broker.Wiring.RevocationLog.RevokePrincipal(world.Agent.Id, "test")).Apply,
            _ =>
            {
                broker.Clock.Advance(took);
                return Task.FromResult<ClaimFailure?>(null);
            });

        var row = Assert.Single(await RowsAsync(broker));
        var dead = broker.Wiring.RevocationLog.DeadUntil((began + took).ToMicros());
        Assert.Equal(dead, row.IssuedBefore);
        Assert.True(broker.Wiring.Revocations.Set.IsRevoked(
            [RevocationHandle.Identity(world.Agent.Id)], began + took, out _));
    }

    private static Task<IReadOnlyList<RevocationRow>> RowsAsync(TestBroker broker) =>
        new RevocationStore(broker.Wiring.Database).SinceAsync(0, 0);
}
