using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>The append path on both engines: what is durable, what is not, and who hears of it.</summary>
public sealed class AuditLogTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Indexes_are_dense_under_concurrency(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);

        var appended = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => Task.Run(() => log.AppendAsync())));

        Assert.Equal(Enumerable.Range(0, 500).Select(i => (long)i), appended.Select(IndexOf).Order());
        Assert.Equal(500, await log.HeadAsync());
        Assert.Equal(500, await log.RecordsAsync());
    }

    [Fact]
    public async Task Indexes_are_dense_across_replicas()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestLog.OpenAsync(store);
        await using var two = await TestLog.OpenAsync(store);
        await using var three = await TestLog.OpenAsync(store);
        TestLog[] replicas = [one, two, three];

        var appended = await Task.WhenAll(
            Enumerable.Range(0, 600).Select(i => Task.Run(() => replicas[i % 3].AppendAsync(one.Once($"{i}")))));

        Assert.Equal(Enumerable.Range(0, 600).Select(i => (long)i), appended.Select(IndexOf).Order());
        Assert.Equal(600, await one.RecordsAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Those_who_wait_share_a_transaction(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var appends = Enumerable.Range(0, 200).Select(_ => log.AppendAsync()).ToList();
        gate.SetResult();

        await Task.WhenAll(appends);

        Assert.InRange(log.Database.Writes, 1, 2); // the one that was under way, and the one that gathered meanwhile
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task One_time_value_is_taken_once_whoever_asks_at_the_same_time(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);

        var appended = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => Task.Run(() => log.AppendAsync(log.Once("the same")))));

        Assert.Single(appended.OfType<Appended.Done>());
        var refused = appended.OfType<Appended.Refused>().ToList();
        Assert.Equal(39, refused.Count);
        Assert.All(refused, r => Assert.Equal("assertion_replayed", r.Failure.Code));
        Assert.Equal(40, await log.RecordsAsync()); // refusals are recorded too
    }

    [Fact]
    public async Task One_time_value_is_taken_once_across_replicas()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestLog.OpenAsync(store);
        await using var two = await TestLog.OpenAsync(store);

        for (var round = 0; round < 20; round++)
        {
            var value = one.Once($"value {round}");
            var appended = await Task.WhenAll(
                Task.Run(() => one.AppendAsync(value)), Task.Run(() => two.AppendAsync(value)));
            Assert.Single(appended.OfType<Appended.Done>());
            Assert.Single(appended.OfType<Appended.Refused>());
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task One_time_value_stays_taken_across_a_restart(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using (var before = await TestLog.OpenAsync(store))
            Assert.IsType<Appended.Done>(await before.AppendAsync(before.Once("value")));

        await using var after = await TestLog.OpenAsync(store);

        Assert.IsType<Appended.Refused>(await after.AppendAsync(after.Once("value")));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nothing_is_written_that_rests_on_old_facts(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var stale = new Claim.PrincipalCurrent("spiffe://example.org/agent/nobody", 1);
        var old = new Claim.RegistryCurrent(99);

        Assert.IsType<Appended.Stale>(await log.AppendAsync(log.Once("kept"), stale, TestLog.Put("never")));
        Assert.IsType<Appended.Stale>(await log.AppendAsync(log.Once("kept"), old, TestLog.Put("never")));

        Assert.Equal(0, await log.HeadAsync());
        Assert.Null(await log.SettingAsync("never"));
        Assert.IsType<Appended.Done>(await log.AppendAsync(log.Once("kept"))); // the value was not used up
    }

    [Fact]
    public async Task Facts_that_change_in_another_replicas_stalled_commit_are_old()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestLog.OpenAsync(store);
        await using var two = await TestLog.OpenAsync(store);
        var (reached, stalled) = (new TaskCompletionSource(), new TaskCompletionSource());

        var change = one.AppendAsync(new Claim.Effect(async tx =>
        {
            tx.RegistryChanged = true;
            reached.SetResult();
            await stalled.Task;
            return null;
        }));
        await reached.Task;
        var meanwhile = two.AppendAsync(two.Once("kept"), new Claim.RegistryCurrent(1));
        await Task.Delay(200);
        Assert.False(meanwhile.IsCompleted); // it stands in line behind the log's lock
        stalled.SetResult();

        Assert.IsType<Appended.Done>(await change);
        Assert.IsType<Appended.Stale>(await meanwhile);
        Assert.IsType<Appended.Done>(await two.AppendAsync(two.Once("kept"), new Claim.RegistryCurrent(2)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Effect_that_throws_fails_alone(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var first = log.AppendAsync();
        var innocent = log.AppendAsync(log.Once("one"), TestLog.Put("innocent"));
        var bug = log.AppendAsync(new Claim.Effect(_ => throw new InvalidOperationException("a bug")));
        var broken = log.AppendAsync(TestLog.Put("null", null!)); // a constraint of the store
        var last = log.AppendAsync(log.Once("two"));
        gate.SetResult();

        Assert.IsType<Appended.Done>(await first);
        Assert.IsType<Appended.Done>(await innocent);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => bug);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => broken);
        Assert.IsType<Appended.Done>(await last);
        Assert.Equal("1", await log.SettingAsync("innocent"));
        Assert.Equal(3, await log.RecordsAsync());
        Assert.IsType<Appended.Done>(await log.AppendAsync()); // and the log lives on
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Change_of_the_registry_is_announced_and_counted(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var announced = 0;
        log.Audit.Changed += () => announced++;
        var before = await VersionAsync(log);

        await log.AppendAsync(TestLog.Put("other"));
        await log.AppendAsync(new Claim.Effect(tx =>
        {
            tx.RegistryChanged = true;
            return Task.FromResult<ClaimFailure?>(null);
        }));

        Assert.Equal(1, announced);
        Assert.Equal(before + 1, await VersionAsync(log));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Change_that_was_rolled_back_is_none(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var announced = 0;
        log.Audit.Changed += () => announced++;
        var before = await VersionAsync(log);

        var refused = await log.AppendAsync(new Claim.Effect(tx =>
        {
            tx.RegistryChanged = true;
            return Task.FromResult<ClaimFailure?>(ClaimFailure.Conflict("the test says no"));
        }));

        Assert.IsType<Appended.Refused>(refused);
        Assert.Equal((0, before), (announced, await VersionAsync(log)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Revocation_is_known_here_before_its_author_is_answered(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        IReadOnlyList<RevocationRow> heard = [];
        log.Audit.Revoked += rows => heard = rows;
        await log.AppendAsync();

        var appended = await log.AppendAsync(Revoke("task_1"));

        var row = Assert.Single(heard);
        Assert.Equal("task_1", row.Value);
        Assert.Equal(IndexOf(appended), row.Idx);
        Assert.Equal(row, Assert.Single(await new RevocationStore(log.Inner).SinceAsync(0, log.Now.ToMicros())));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Full_queue_refuses_at_once_and_recovers(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var waiting = new List<Task<Appended>>();
        StoreUnavailableException? full = null;
        while (full is null && waiting.Count < 20_000)
        {
            var append = log.AppendAsync();
            if (append.IsFaulted) full = (StoreUnavailableException)append.Exception.InnerException!;
            else waiting.Add(append);
        }
        gate.SetResult();

        Assert.NotNull(full);
        Assert.All(await Task.WhenAll(waiting), a => Assert.IsType<Appended.Done>(a));
        Assert.Equal(waiting.Count, await log.HeadAsync());
        Assert.IsType<Appended.Done>(await log.AppendAsync());
    }

    [Fact]
    public async Task Nobody_waits_for_a_store_that_is_cut_off()
    {
        await using var log = await TestLog.OpenAsync(Engine.Sqlite);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var cutOff = false;
        log.Audit.GiveUpWhen(() => cutOff);
        var waits = log.AppendAsync(log.Once("value"));

        log.Time.Advance(TimeSpan.FromSeconds(5));
        await Task.Delay(50);
        Assert.False(waits.IsCompleted); // slow is not cut off
        cutOff = true;
        while (!waits.IsCompleted)
        {
            log.Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(10);
        }

        await Assert.ThrowsAsync<StoreUnavailableException>(() => waits);
        gate.SetResult();
        Assert.IsType<Appended.Refused>(await log.AppendAsync(log.Once("value"))); // it was written after all
    }

    [Fact]
    public async Task What_was_given_up_before_its_turn_is_not_done()
    {
        await using var log = await TestLog.OpenAsync(Engine.Sqlite);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var taken = log.AppendAsync();
        await Wait.UntilAsync(() => log.Database.Writes == 1, "the writer is busy");
        var queued = log.AppendAsync(log.Once("value"), TestLog.Put("late"));

        log.Audit.GiveUpWhen(() => true);
        log.Time.Advance(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => queued);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => taken);
        log.Audit.GiveUpWhen(() => false);
        gate.SetResult();
        Assert.IsType<Appended.Done>(await log.AppendAsync(log.Once("value")));
        Assert.Null(await log.SettingAsync("late"));
        Assert.Equal(2, await log.RecordsAsync());
    }

    // Told that it failed, an honest client would send its refresh token again, and its family would die for it.
    [Fact]
    public async Task Use_of_a_refresh_token_is_waited_for_once_it_may_be_written()
    {
        await using var log = await TestLog.OpenAsync(Engine.Sqlite);
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var taken = log.AppendAsync(RefreshTokenStore.Use("one"));
        await Wait.UntilAsync(() => log.Database.Writes == 1, "the writer is busy");
        var queued = log.AppendAsync(RefreshTokenStore.Use("two"));

        log.Audit.GiveUpWhen(() => true);
        for (var i = 0; i < 20; i++) log.Time.Advance(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => queued); // was not sent to the store
        await Task.Delay(50);
        Assert.False(taken.IsCompleted);
        gate.SetResult();
        Assert.Equal(ClaimFailure.RefreshReused, Assert.IsType<Appended.Refused>(await taken).Failure);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_changes_at_once_that_rest_on_the_same_facts_one_is_done(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var version = new Claim.RegistryCurrent(await VersionAsync(log));
        var gate = new TaskCompletionSource();
        log.Database.Gate = gate.Task;
        var first = log.AppendAsync();
        await Wait.UntilAsync(() => log.Database.Writes == 1, "the writer is busy");
        var changes = Enumerable.Range(0, 8).Select(i =>
            log.AppendAsync(version, log.Once($"proof {i}"), TestLog.Put($"change {i}"), Change())).ToList();
        var issue = log.AppendAsync(version, log.Once("issue"));
        var indifferent = log.AppendAsync(TestLog.Put("indifferent"));
        gate.SetResult();

        Assert.IsType<Appended.Done>(await first);
        Assert.IsType<Appended.Done>(await issue); // what it rests on changed behind it
        Assert.IsType<Appended.Done>(await indifferent);
        var outcomes = await Task.WhenAll(changes);
        var done = Array.FindIndex(outcomes, o => o is Appended.Done);
        Assert.All(outcomes.Where((_, i) => i != done), o => Assert.IsType<Appended.Stale>(o));
        for (var i = 0; i < changes.Count; i++)
        {
            Assert.Equal(i == done ? "1" : null, await log.SettingAsync($"change {i}"));
            if (i != done) Assert.IsType<Appended.Done>(await log.AppendAsync(log.Once($"proof {i}")));
        }
        Assert.Equal(version.Version + 1, await VersionAsync(log));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Cancelled_before_it_is_queued_writes_nothing(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var e = new AuditEvent { Kind = "test.append" };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => log.Audit.AppendOwnActAsync(e, [], new CancellationToken(canceled: true)));

        await log.AppendAsync();
        Assert.Equal(1, await log.HeadAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Failed_and_not_persisted_leaves_nothing(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        log.Database.Fault = Fault.NotPersisted;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => log.AppendAsync(log.Once("value"), TestLog.Put("x")));

        Assert.Equal(0, await log.HeadAsync());
        log.Database.Fault = Fault.None;
        Assert.IsType<Appended.Done>(await log.AppendAsync(log.Once("value"), TestLog.Put("x")));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Failed_but_persisted_is_a_failure_with_a_record(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        log.Database.Fault = Fault.Persisted;

        await Assert.ThrowsAsync<StoreUnavailableException>(() => log.AppendAsync(log.Once("value"), TestLog.Put("x")));

        Assert.Equal(1, await log.RecordsAsync());
        Assert.Equal("1", await log.SettingAsync("x"));
        log.Database.Fault = Fault.None;
        Assert.IsType<Appended.Refused>(await log.AppendAsync(log.Once("value"))); // whoever tries again, tries anew
    }

    private static Claim.Effect Change() => new(tx =>
    {
        tx.RegistryChanged = true;
        return Task.FromResult<ClaimFailure?>(null);
    });

    private static Claim.Effect Revoke(string task) => new(tx =>
    {
        tx.Revoke(new RevocationRow
        {
            Kind = RevocationHandle.Task(task).Kind,
            Value = task,
            IssuedBefore = Instant.MaxMicros,
            MattersUntil = Instant.MaxMicros,
            Reason = "test",
        });
        return Task.FromResult<ClaimFailure?>(null);
    });

    private static Task<long> VersionAsync(TestLog log) =>
        log.Inner.FirstAsync<long>("SELECT version FROM registry_version WHERE id = 1");

    private static long IndexOf(Appended appended) => Assert.IsType<Appended.Done>(appended).Receipt.Index;
}
