using System.Collections.Concurrent;

namespace Writ.Server.Tests.Users;

/// <summary>As <c>IClassFixture</c>: one world for each engine. Tests that move the clock or break the issuer start
/// their own.</summary>
public sealed class UserWorlds : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Engine, Lazy<Task<UserWorld>>> _worlds = new();

    public Task<UserWorld> OfAsync(Engine engine) =>
        _worlds.GetOrAdd(engine, e => new Lazy<Task<UserWorld>>(() => UserWorld.StartAsync(e))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds.Values) await (await world.Value).DisposeAsync();
    }
}
