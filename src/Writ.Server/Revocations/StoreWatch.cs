using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// Keeps this replica true to the store: a look every <see cref="Interval"/>, at once when another replica announces a
/// change or when something was revoked here. A failed look is not repaired by waiting: freshness runs out and the
/// replica refuses until a look succeeds.
/// </summary>
public sealed class StoreWatch(
    Database database, RevocationState revocations, Registry registry, SigningKeys keys, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private long _version = -1;

    public async Task RunAsync(CancellationToken stop)
    {
        var announced = ListenAsync(stop);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await CheckAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A watch that ends would make this replica refuse for ever; freshness says the rest.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.LogWarning("The store cannot be looked at: {Kind}: {Reason}", e.GetType().Name, e.Message);
            }
            try
            {
                await Task.WhenAny(Task.Delay(Interval, time, stop), announced, revocations.WantedAsync());
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (announced.IsCompleted) announced = ListenAsync(stop);
        }
    }

    /// <summary>One look: registry version and new revocations.</summary>
    public async Task CheckAsync(CancellationToken cancel = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(2)); // a connection that hangs must not hang the watch
        var version = await database.FirstAsync<long>(
            "SELECT version FROM registry_version WHERE id = 1", null, limit.Token);
        if (version != _version)
        {
            registry.Invalidate();
            await keys.ReloadAsync(limit.Token);
            _version = version;
        }
        await revocations.CheckAsync(limit.Token);
    }

    private async Task ListenAsync(CancellationToken stop)
    {
        try
        {
            await database.ChangedAsync(stop);
        }
#pragma warning disable CA1031 // Whatever it was, the next turn listens anew.
        catch (Exception)
#pragma warning restore CA1031
        {
            // The periodic look goes on; do not spin on a store that is away.
            await Task.Delay(Interval, time, CancellationToken.None);
        }
    }
}
