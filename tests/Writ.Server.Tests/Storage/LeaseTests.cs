using Npgsql;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>Upkeep that happens once: one holder at a time, and nobody works under a lease that it lost.</summary>
public sealed class LeaseTests
{
    private const string Name = "test";

    [Fact]
    public async Task One_replica_holds_it_until_it_gives_it_back()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await store.OpenMigratedAsync(TimeProvider.System);
        await using var two = store.Open(TimeProvider.System);

        var lease = await one.TryLeaseAsync(Name);
        Assert.NotNull(lease);
        Assert.Null(await two.TryLeaseAsync(Name));
        await using (await two.TryLeaseAsync("another")) Assert.True(await HoldsAsync(one, lease));
        await lease.DisposeAsync();

        await using var next = await two.TryLeaseAsync(Name);
        Assert.NotNull(next);
        Assert.True(await HoldsAsync(two, next));
        Assert.False(await HoldsAsync(one, lease));
    }

    [Fact]
    public async Task Holder_that_was_cut_off_does_no_more_work()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await store.OpenMigratedAsync(TimeProvider.System);
        await using var two = store.Open(TimeProvider.System);
        await using var lost = (await one.TryLeaseAsync(Name))!;
        Assert.True(await HoldsAsync(one, lost));

        await one.WriteAsync(tx => tx.ExecuteAsync("""
            SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.pid <> pg_backend_pid()
            """));
        Lease? next = null;
        await Wait.UntilAsync(async () => (next = await two.TryLeaseAsync(Name)) is not null, "the other one has it");

        // It never heard that it lost the lease; its work is refused all the same.
        await using (next) Assert.True(await HoldsAsync(two, next!));
        Assert.False(await HoldsAsync(one, lost));
    }

    [Fact]
    public async Task Lease_that_fails_leaves_no_connection_and_no_lock_behind()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        var few = new NpgsqlConnectionStringBuilder(store.PostgresConnection) { MaxPoolSize = 3 };
        await using var database = new Storage.PostgresDatabase(few.ConnectionString, TimeProvider.System);

        // Its table is not there yet: each try fails with the lock in hand.
        for (var i = 0; i < 8; i++)
            await Assert.ThrowsAsync<PostgresException>(() => database.TryLeaseAsync(Name));

        await database.MigrateAsync();
        await using var lease = await database.TryLeaseAsync(Name);
        Assert.NotNull(lease);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Claim_of_a_lease_in_force_holds(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await using var lease = (await log.Inner.TryLeaseAsync(Name))!;

        Assert.IsType<Appended.Done>(await log.AppendAsync(lease.Held, TestLog.Put("done")));
        Assert.Equal("1", await log.SettingAsync("done"));
    }

    [Fact]
    public async Task Nothing_is_done_under_a_lost_lease()
    {
        await using var log = await TestLog.OpenAsync(Engine.Postgres);
        var lost = (await log.Inner.TryLeaseAsync(Name))!;
        await lost.DisposeAsync();
        await using var next = await log.Inner.TryLeaseAsync(Name);

        var refused = Assert.IsType<Appended.Refused>(await log.AppendAsync(lost.Held, TestLog.Put("done")));

        Assert.Equal("lease_lost", refused.Failure.Code);
        Assert.Null(await log.SettingAsync("done"));
    }

    private static Task<bool> HoldsAsync(Database database, Lease lease) => database.WriteAsync(lease.HoldAsync);
}
