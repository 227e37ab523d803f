using System.Collections.Concurrent;

namespace Writ.Server.Tests;

/// <summary>As <c>IClassFixture</c>: one broker for each engine, shared by the tests of a class. They keep apart by the
/// names that <see cref="Seed"/> makes; a test that moves the clock far or breaks the store starts its own.</summary>
public sealed class SharedBrokers : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Engine, Lazy<Task<TestBroker>>> _brokers = new();

    public Task<TestBroker> OfAsync(Engine engine) =>
        _brokers.GetOrAdd(engine, e => new Lazy<Task<TestBroker>>(() => TestBroker.StartAsync(e))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var broker in _brokers.Values) await (await broker.Value).DisposeAsync();
    }
}
