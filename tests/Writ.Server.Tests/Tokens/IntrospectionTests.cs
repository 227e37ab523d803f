using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>What POST /oauth/introspect says of tokens, and when it says nothing.</summary>
public sealed class IntrospectionTests
{
    // A body that comes slowly, or a write that takes long, must not carry a verdict past the moment of its making.
    [Fact]
    public async Task Replica_that_went_blind_while_it_was_asked_gives_no_verdict()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await (await store.OpenMigratedAsync(TimeProvider.System)).DisposeAsync();
        FaultyDatabase? between = null;
        await using var broker = await TestBroker.StartAsync(store, wrap: inner => between = new FaultyDatabase(inner));
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
        world.Agent.TakeNonce();
        var gate = new TaskCompletionSource();
        between!.Gate = gate.Task;
        var writes = between.Writes;

        var asked = world.Agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token));
        await Wait.UntilAsync(() => between.Writes > writes, "the proof is about to be used up");
        between.Blind();
        broker.Clock.Advance(broker.Wiring.Settings.Freshness + TimeSpan.FromMilliseconds(100));
        gate.SetResult();

        var reply = await asked;
        Assert.Equal((503, "replica_stale"), (reply.Status, reply.Code));
    }
}
