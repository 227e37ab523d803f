using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>A value that was used stays used: over a restart, beside another writer, until its minute has passed; one
/// whose transaction was rolled back was not used.</summary>
public sealed class OneTimeValueTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Used_value_is_used_after_a_restart(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using (var before = await TestLog.OpenAsync(store)) await before.AppendAsync(before.Once("v"));

        await using var after = await TestLog.OpenAsync(store);

        Assert.Equal("assertion_replayed", CodeOf(await after.AppendAsync(after.Once("v"))));
        Assert.Null(CodeOf(await after.AppendAsync(after.Once("w"))));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Value_is_used_once_by_writers_beside_each_other(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using var one = await TestLog.OpenAsync(store);
        await using var other = await TestLog.OpenAsync(store);
        for (var i = 0; i < 5; i++) // by turns: each sees what the other took since
        {
            Assert.Null(CodeOf(await one.AppendAsync(one.Once($"a{i}"))));
            Assert.Equal("assertion_replayed", CodeOf(await other.AppendAsync(other.Once($"a{i}"))));
            Assert.Null(CodeOf(await other.AppendAsync(other.Once($"b{i}"))));
            Assert.Equal("assertion_replayed", CodeOf(await one.AppendAsync(one.Once($"b{i}"))));
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Value_of_a_transaction_that_was_rolled_back_is_free(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await Assert.ThrowsAsync<InvalidOperationException>(() => log.Inner.WriteAsync<int>(async tx =>
        {
            var free = await tx.InsertOnceAsync([log.Once("v"), log.Once("v")]);
            Assert.Equal((true, false), (free[0], free[1]));
            throw new InvalidOperationException("the test says no");
        }));

        Assert.Null(CodeOf(await log.AppendAsync(log.Once("v"))));
        Assert.Equal("assertion_replayed", CodeOf(await log.AppendAsync(log.Once("v"))));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Value_in_force_outlives_the_upkeep_and_a_past_one_does_not(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using var log = await TestLog.OpenAsync(store);
        for (var i = 0; i < 3; i++) await log.AppendAsync(log.Once($"v{i}"));

        Assert.Equal(0, await ReplayStore.PruneAsync(log.Inner));
        Assert.Equal("assertion_replayed", CodeOf(await log.AppendAsync(log.Once("v0"))));

        log.Time.Advance(TimeSpan.FromMinutes(12));
        Assert.True(await ReplayStore.PruneAsync(log.Inner) > 0);
        Assert.Null(CodeOf(await log.AppendAsync(log.Once("v0"))));
    }

    [Fact]
    public async Task Values_of_an_older_store_stay_used()
    {
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        await using (var old = store.Open(TimeProvider.System))
        await using (var maker = await TestLog.OpenAsync(Engine.Sqlite))
        {
            await old.MigrateAsync(steps: 2); // a row for each value
            await old.WriteAsync(tx =>
                tx.ExecuteAsync("INSERT INTO replay (minute, hash) VALUES (@Minute, @Hash)", maker.Once("v")));
        }

        await using var log = await TestLog.OpenAsync(store);

        Assert.Equal("assertion_replayed", CodeOf(await log.AppendAsync(log.Once("v"))));
    }

    private static string? CodeOf(Appended appended) => (appended as Appended.Refused)?.Failure.Code;
}
