using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>What keeps a replica's sight of its store: being busy does not blind it.</summary>
[Collection(nameof(Alone))]
public sealed class StoreWatchTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Replica_whose_threads_are_all_busy_still_sees_its_store(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        await Wait.UntilAsync(() => broker.Wiring.Revocations.IsFresh, "it sees");
        using var rest = new ManualResetEventSlim();
        using var done = new CountdownEvent(1);
        // Far more than the pool grows in the meantime: nothing that needs it goes on.
        for (var i = 0; i < 200; i++)
        {
            done.AddCount();
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    rest.Wait();
                    done.Signal();
                },
                null);
        }

        var blind = 0;
        var watching = new Thread(() =>
        {
            using var tick = new ManualResetEventSlim();
            for (var i = 0; i < 200; i++)
            {
                tick.Wait(10);
                if (!broker.Wiring.Revocations.IsFresh) blind++;
            }
        });
        watching.Start();
        watching.Join(); // two seconds, four times what a replica may go without a look
        rest.Set();
        done.Signal();
        done.Wait();

        Assert.Equal(0, blind);
    }

    [Fact]
    public async Task Look_that_fails_is_tried_again_on_another_connection()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var way = new TcpProxy(new Npgsql.NpgsqlConnectionStringBuilder(store.PostgresConnection).Port);
        var through = new Npgsql.NpgsqlConnectionStringBuilder(store.PostgresConnection)
        {
            Host = "127.0.0.1",
            Port = way.Port,
        };
        await using var broker = await TestBroker.StartAsync(
            store, TimeProvider.System, null,
            _ => new Storage.PostgresDatabase(through.ConnectionString, TimeProvider.System));
        for (var round = 0; round < 3; round++)
        {
            way.Sever();
            way.Cut();
            await Wait.UntilAsync(() => !broker.Wiring.Revocations.IsFresh, "it is blind");
            way.Restore();
            await Wait.UntilAsync(
                () => broker.Wiring.Revocations.IsFresh, "it sees again", TimeSpan.FromSeconds(30));
        }
    }
}
