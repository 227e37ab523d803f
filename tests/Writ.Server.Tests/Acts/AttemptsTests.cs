using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Acts;

/// <summary>Whoever is overtaken again and again gets through, whichever replica overtakes them, and does not hold
/// everybody up for long.</summary>
public sealed class AttemptsTests
{
    private const string Issuer = "https://writ.example.org";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Third_attempt_is_not_overtaken(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using var one = await TestLog.OpenAsync(store);
        // SQLite has one writer: there it is the same log.
        await using var other = engine is Engine.Postgres ? await TestLog.OpenAsync(store) : null;
        var registry = new Registry(one.Inner, Issuer);
        var before = (await registry.CurrentAsync()).Version;
        var changes = new List<Task<Appended>>();
        var (times, said) = (0, 0);

        await new Attempts(registry, one.Audit).RunAsync(
            async hold =>
            {
                times++;
                var seen = (await registry.CurrentAsync()).Version;
                changes.Add(ChangeAsync(other ?? one)); // behind what was seen, before it is recorded
                if (hold is null) await changes[^1];
                var appended = await one.Audit.AppendAsync(
                    Yes, new AuditEvent { Kind = "test.append", Actor = "test" },
                    [new Claim.RegistryCurrent(seen)], hold);
                return new Writ.Server.Acts.Attempt(
                    () =>
                    {
                        said++;
                        Assert.IsType<Appended.Done>(appended);
                        return Task.CompletedTask;
                    },
                    appended is Appended.Stale ? "test" : null);
            },
            CancellationToken.None);

        Assert.Equal((3, 1), (times, said));
        Assert.All(await Task.WhenAll(changes), change => Assert.IsType<Appended.Done>(change));
        registry.Invalidate();
        Assert.Equal(before + 3, (await registry.CurrentAsync()).Version); // each change was made, one after its record
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Hold_that_lasts_too_long_lets_others_write(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using var one = await TestLog.OpenAsync(store);
        await using var other = engine is Engine.Postgres ? await TestLog.OpenAsync(store) : null;
        using var hold = await one.Audit.HoldAsync(CancellationToken.None);
        var change = ChangeAsync(other ?? one);
        Assert.NotSame(change, await Task.WhenAny(change, Task.Delay(100)));

        one.Time.Advance(LogHold.Most);

        Assert.IsType<Appended.Done>(await change.WaitAsync(TimeSpan.FromSeconds(10)));
        var late = await one.Audit.AppendAsync(
            Yes, new AuditEvent { Kind = "test.append", Actor = "test" }, [new Claim.RegistryCurrent(1)], hold);
        Assert.IsType<Appended.Stale>(late); // what was decided behind it is checked like anything else
    }

    [Fact]
    public async Task One_after_the_other_holds_the_lock()
    {
        await using var log = await TestLog.OpenAsync(Engine.Sqlite);
        var first = await log.Audit.HoldAsync(CancellationToken.None);
        var second = log.Audit.HoldAsync(CancellationToken.None);
        using var gone = new CancellationTokenSource();
        var third = log.Audit.HoldAsync(gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => third);
        Assert.False(second.IsCompleted);

        first.Dispose();

        (await second.WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        Assert.IsType<Appended.Done>(await log.AppendAsync());
    }

    private static Decision Yes =>
        new Decision.Granted(new Grant("dec_1", new Granting.Act("task:end", "task task_1")));

    private static Task<Appended> ChangeAsync(TestLog log) => log.AppendAsync(new Claim.Effect(tx =>
    {
        tx.RegistryChanged = true;
        return Task.FromResult<ClaimFailure?>(null);
    }));
}
