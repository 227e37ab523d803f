using System.Data.Common;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// Keeps this replica true to the store: a look every <see cref="Interval"/>, at once when another replica announces a
/// change or when something was revoked here. A failed look is not repaired by waiting: freshness runs out and the
/// replica refuses until a look succeeds.
/// </summary>
/// <remarks>
/// It has a thread and a connection of its own, and blocks on both. Were it one more piece of work in the pool, each of
/// its steps would queue behind the requests, and a replica would go blind because it is busy.
/// </remarks>
public sealed class StoreWatch(
    Database database, RevocationState revocations, Registry registry, SigningKeys keys, TimeProvider time, ILogger log)
    : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly ManualResetEventSlim _wake = new(); // has no wait handle, so needs no disposal
    private DbConnection? _connection; // owner: whoever looks; null after a look that failed
    private long _version = -1;

    /// <summary>Looks until the broker stops.</summary>
    public Task RunAsync(CancellationToken stop)
    {
        _ = ListenAsync(stop);
        return Task.Factory.StartNew(
            () => Run(stop), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>One look: registry version and new revocations. By one thread at a time.</summary>
    public void Look()
    {
        var connection = _connection ??= database.OpenApart();
        try
        {
            var began = time.GetUtcNow();
            var version = Registry.VersionOf(connection);
            if (version != _version)
            {
                keys.Reload(connection); // first: what is decided on new facts is not signed with a key they revoked
                registry.Invalidate();
                _version = version;
                registry.SeenVersion = version;
            }
            registry.SeenAt = began;
            revocations.Look(connection);
        }
        catch
        {
            Dispose(); // its state is not worth guessing at
            throw;
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private void Run(CancellationToken stop)
    {
        revocations.Wanted += _wake.Set;
        using var timer = time.CreateTimer(_ => _wake.Set(), null, Interval, Interval);
        while (!stop.IsCancellationRequested)
        {
            _wake.Reset(); // before the look: what is announced while it lasts calls for another one
            try
            {
                Look();
            }
#pragma warning disable CA1031 // A watch that ends would make this replica refuse for ever; freshness says the rest.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.LogWarning("The store cannot be looked at: {Kind}: {Reason}", e.GetType().Name, e.Message);
            }
            try
            {
                // The timer calls from the pool, whose threads may all be busy: this wait ends by itself.
                _wake.Wait(2 * Interval, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        revocations.Wanted -= _wake.Set;
        Dispose();
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await database.ChangedAsync(stop);
                _wake.Set();
            }
#pragma warning disable CA1031 // Whatever it was, the next turn listens anew, and the periodic look goes on meanwhile.
            catch (Exception)
#pragma warning restore CA1031
            {
                // Do not spin on a store that is away.
                await Task.WhenAny(Task.Delay(Interval, time, stop));
            }
        }
    }
}
