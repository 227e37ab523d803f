using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// The real process, killed under load; PostgreSQL, stopped as by a power cut. What was promised holds afterwards (P7).
/// </summary>
[Trait("Soak", "crash")]
public sealed class CrashTests
{
    private const int Clients = 4;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Killed_broker_loses_nothing_that_it_acknowledged(Engine engine)
    {
        var rounds = Soak.Rounds(5, 200);
        await using var store = await TestStore.CreateAsync(engine);
        var promises = await Promises.MakeAsync(store, rounds * 60);
        for (var round = 0; round < rounds; round++)
        {
            await using var process = await BrokerProcess.StartAsync(store);
            if (round > 0) await promises.HoldAsync(process.Target, whole: round % 20 == 0);
            var before = promises.Tokens;
            using var stop = new CancellationTokenSource();
            var work = Enumerable.Range(0, Clients)
                .Select(_ => Task.Run(() => promises.WorkAsync(process.Target, stop.Token))).ToList();
            // Killed at another moment each time, but never before it has promised something.
            await Wait.UntilAsync(
                () => promises.Tokens > before + (7 * (round % 5)), "tokens are handed out", TimeSpan.FromSeconds(60));
            await process.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(work);
        }

        await using var last = await BrokerProcess.StartAsync(store);
        await promises.HoldAsync(last.Target);
        Assert.True(promises.Tokens >= rounds && promises.Ends > 0);
    }

    [Fact]
    public async Task Stopped_postgres_loses_nothing_that_was_acknowledged()
    {
        var rounds = Soak.Rounds(2, 40);
        await using var cluster = await PostgresCluster.StartAsync(durable: true);
        await using var store = await TestStore.CreateAsync(Engine.Postgres, cluster);
        var promises = await Promises.MakeAsync(store, rounds * 60);
        await using var process = await BrokerProcess.StartAsync(store);
        for (var round = 0; round < rounds; round++)
        {
            var before = promises.Tokens;
            using var stop = new CancellationTokenSource();
            var work = Enumerable.Range(0, Clients)
                .Select(_ => Task.Run(() => promises.WorkAsync(process.Target, stop.Token))).ToList();
            await Wait.UntilAsync(
                () => promises.Tokens > before + 5, "tokens are handed out", TimeSpan.FromSeconds(60));
            await cluster.CrashAsync();
            await stop.CancelAsync();
            await Task.WhenAll(work);

            // Without its store it refuses, and it comes back by itself.
            var agent = promises.Agent(process.Target);
            Assert.Equal(503, (await promises.AskAsync(agent, promises.FreshTask())).Status);
            await cluster.RestartAsync();
            var task = promises.FreshTask();
            await Wait.UntilAsync(
                async () => (await promises.AskAsync(agent, task)).Status == 200, "it serves again",
                TimeSpan.FromSeconds(60));
            await promises.HoldAsync(process.Target, whole: round % 10 == 1);
        }
    }
}
