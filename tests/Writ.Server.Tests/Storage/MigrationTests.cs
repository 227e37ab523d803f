using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Replicas that start together on an empty store.</summary>
public sealed class MigrationTests
{
    [Fact]
    public async Task Replicas_that_migrate_together_all_succeed()
    {
        for (var round = 0; round < 5; round++)
        {
            await using var store = await TestStore.CreateAsync(Engine.Postgres);
            var replicas = Enumerable.Range(0, 6).Select(_ => store.Open(TimeProvider.System)).ToList();

            await Task.WhenAll(replicas.Select(r => Task.Run(() => r.MigrateAsync())));

            Assert.Equal(
                Schema.Steps.Count, await replicas[0].FirstAsync<long>("SELECT COUNT(*) FROM schema_step"));
            foreach (var replica in replicas) await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Brokers_that_start_together_share_keys_and_epoch()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        store.Issuer = "http://127.0.0.1:1";
        new Server.Edge.DevAuthority(store.Folder, TimeProvider.System).Load(); // not shared
        var starting = Enumerable.Range(0, 3).Select(i => Task.Run(() => TestBroker.StartAsync(
            store, TimeProvider.System,
            s => s with { BootstrapPath = Path.Combine(store.Folder, $"bootstrap{i}.sock") }))).ToList();

        var brokers = await Task.WhenAll(starting);

        try
        {
            await Testing.Wait.UntilAsync(
                () => brokers.All(b => b.Wiring.Keys.Current(Keys.KeyPurpose.Token) is not null), "all can sign");
            Assert.Single(brokers.Select(b => b.Wiring.Revocations.Set.Epoch).Distinct(StringComparer.Ordinal));
            Assert.Single(
                brokers.Select(b => b.Wiring.Keys.Jwks(Keys.KeyPurpose.Token)).Distinct(StringComparer.Ordinal));
        }
        finally
        {
            foreach (var broker in brokers) await broker.DisposeAsync();
        }
    }

    [Fact]
    public async Task Store_of_another_key_encryption_key_is_refused_in_words()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await (await TestBroker.StartAsync(store)).DisposeAsync();
        File.Delete(Path.Combine(store.Folder, "kek"));

        var fault = await Assert.ThrowsAsync<InvalidOperationException>(() => TestBroker.StartAsync(store));

        Assert.Contains("replicas share one", fault.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Broker_that_does_not_start_closes_its_store(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await (await store.OpenMigratedAsync(TimeProvider.System)).DisposeAsync();
        await File.WriteAllTextAsync(Path.Combine(store.Folder, "kek"), "too short");
        File.SetUnixFileMode(Path.Combine(store.Folder, "kek"), UnixFileMode.UserRead);
        FaultyDatabase? opened = null;

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => TestBroker.StartAsync(store, wrap: inner => opened = new FaultyDatabase(inner)));

        Assert.True(opened!.IsDisposed);
    }
}
