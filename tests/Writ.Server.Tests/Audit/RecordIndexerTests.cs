using System.Data.Common;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>The search index behind the log: readers wait for it, whoever fills it, and never for ever.</summary>
public sealed class RecordIndexerTests
{
    [Fact]
    public async Task Reader_waits_for_the_replica_that_fills_the_index()
    {
        await using var log = await TestLog.OpenAsync(Engine.Postgres);
        await log.AppendAsync();
        var other = await log.Inner.TryLeaseAsync("record-index");
        var indexer = new RecordIndexer(log.Inner);

        var waiting = indexer.CatchUpAsync();
        await Task.Delay(100);
        Assert.False(waiting.IsCompleted);
        await other!.DisposeAsync();

        Assert.Equal(0, await waiting);
        Assert.Equal(await log.HeadAsync(), await new RecordStore(log.Inner).IndexedAsync());
    }

    [Fact]
    public async Task Reader_is_told_what_is_missing_when_nobody_fills_the_index()
    {
        await using var log = await TestLog.OpenAsync(Engine.Postgres);
        await log.AppendAsync();
        await log.AppendAsync();
        await using var other = await log.Inner.TryLeaseAsync("record-index");

        Assert.Equal(2, await new RecordIndexer(log.Inner).CatchUpAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Log_that_grows_all_the_while_does_not_hold_it_for_ever(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        await log.AppendAsync();
        var indexer = new RecordIndexer(new Growing(log.Inner, () => log.AppendAsync()));

        await indexer.RunAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1, await new RecordStore(log.Inner).IndexedAsync());
        Assert.Equal(0, await indexer.CatchUpAsync().WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task List_of_one_replica_shows_what_another_has_just_answered()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestBroker.StartAsync(store, TimeProvider.System);
        await using var two = await TestBroker.StartAsync(store, TimeProvider.System);
        var owner = (await Staff.HireAsync(one)).Owner;
        for (var i = 0; i < 10; i++)
        {
            var name = Seed.Name("agent/x");
            await one.Seed.IdentityAsync(name, []);
            var shown = await owner.PostAsync($"/v1/identities/{name}/suspend", new { reason = "test" });
            Assert.Equal(200, shown.Status);

            var list = await owner.At(two).GetAsync(
                $"/v1/records?identity=spiffe://example.org/{name}&kind=identity.suspend");

            Assert.Single(list.Json.GetProperty("items").EnumerateArray());
        }
    }

    /// <summary>A store in which a record comes with every write.</summary>
    private sealed class Growing(Database inner, Func<Task> grow) : Database
    {
        public override ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default) =>
            inner.OpenAsync(cancel);

        public override DbConnection OpenApart() => inner.OpenApart();

        public override async Task<T> WriteAsync<T>(
            Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default)
        {
            await grow();
            return await inner.WriteAsync(work, cancel);
        }

        public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
            inner.TryLeaseAsync(name, cancel);

        public override Task ChangedAsync(CancellationToken cancel) => inner.ChangedAsync(cancel);

        protected override string Ddl(string sharedDdl) => sharedDdl;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
