using Microsoft.Extensions.Logging;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Reads the broker's revocation feed for as long as it runs: connects, resumes after the last index, begins anew at a
/// new epoch, and connects again when the stream ends, falls silent or says something that is not signed by a feed key.
/// Nothing here throws at a request: a feed that fails shows as a view that is stale.
/// </summary>
internal sealed class RevocationFeed(
    ManagementApi broker,
    Func<CancellationToken, ValueTask<string>> path,
    RemoteKeys keys,
    RevocationView view,
    TimeProvider time,
    ILogger log)
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstContact = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>After a no: we are locked, or our key has ended. Each try is a record in the broker's log.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenPrunings = TimeSpan.FromMinutes(1);

    private bool _needsSnapshot; // owner: RunAsync
    private bool _isDown;        // so that an outage is logged once, not five times a second; owner: RunAsync
    private long _pruned = time.GetTimestamp();

    internal async Task RunAsync(CancellationToken stop)
    {
        var pause = ShortestPause;
        while (!stop.IsCancellationRequested)
        {
            var isRefused = false;
            try
            {
                // A stream that went on and then ended (its token did, or the replica stops) is opened again at once.
                if (await ReadAsync(stop))
                {
                    pause = ShortestPause;
                    continue;
                }
            }
            catch (Exception e) when (!stop.IsCancellationRequested && IsOutage(e))
            {
                // A second of silence has passed already: it is tried again without delay.
                if (!_isDown)
                {
                    log.LogWarning("The revocation feed is down: {Reason}", e.Message);
                    pause = ShortestPause;
                }

                _isDown = true;
                isRefused = e is WritException { IsRefusal: true };
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await Task.Delay(isRefused ? RefusedPause : pause, time, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static bool IsOutage(Exception e) =>
        e is WritException or HttpRequestException or IOException or OperationCanceledException;

    // One stream, to its end; whether it went on for a while. It ends by itself when nothing good comes for a second.
    private async Task<bool> ReadAsync(CancellationToken stop)
    {
        var began = time.GetTimestamp();
        using var silence = new CancellationTokenSource(FirstContact, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, silence.Token);
        var address = await AddressAsync(either.Token);
        view.BeginStream();
        await foreach (var item in broker.StreamAsync(address, either.Token))
        {
            if (await VerifyAsync(item.Data, either.Token) is not { } message)
                return false;
            // A snapshot of which the last part never comes is none, and is asked for again.
            var isTaken = view.Apply(message);
            _needsSnapshot = !isTaken || view.Set.IsGathering;
            if (!isTaken)
                return false;
            silence.CancelAfter(Silence);
            if (_isDown)
                log.LogInformation("The revocation feed is back.");
            _isDown = false;
            Prune();
        }

        return time.GetElapsedTime(began) > Silence;
    }

    private async Task<string> AddressAsync(CancellationToken cancel)
    {
        var address = await path(cancel);
        return _needsSnapshot || view.Set.Epoch.Length == 0
            ? address
            : $"{address}?epoch={Uri.EscapeDataString(view.Set.Epoch)}&after={view.Set.Index}";
    }

    private async Task<RevocationFeedMessage?> VerifyAsync(string data, CancellationToken cancel)
    {
        if (!Jws.TryRead(data, JwsLimits.Feed, out var jws, out var error))
            return Distrust(error.Code);
        var ring = keys.Ring;
        if (!jws.TryVerify(ring, JwsAlgorithms.Ours, RevocationFeedMessage.Typ, out var verified, out error)
            && (error != JoseError.UnknownKey
                || !await keys.RefreshAsync(ring, cancel)
                || !jws.TryVerify(keys.Ring, JwsAlgorithms.Ours, RevocationFeedMessage.Typ, out verified, out error)))
        {
            return Distrust(error.Code);
        }

        return RevocationFeedMessage.TryParse(verified!, out var message, out var reason) ? message : Distrust(reason);
    }

    private RevocationFeedMessage? Distrust(string why)
    {
        log.LogWarning("The revocation feed said something that cannot be trusted: {Reason}", why);
        return null;
    }

    private void Prune()
    {
        if (time.GetElapsedTime(_pruned) < BetweenPrunings)
            return;
        _pruned = time.GetTimestamp();
        view.Set.Prune(time.GetUtcNow());
    }
}
