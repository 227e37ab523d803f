using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Keeps the bundle as new as the feed says that the registry is: pulls, verifies, prepares, and swaps it whole.
/// Nothing here throws at a question: what is not current shows as stale.
/// </summary>
internal sealed class BundlePull(
    ManagementApi broker, BundleSettings settings, RemoteKeys keys, RevocationView view, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>After a no: each try is a record in the broker's log.</summary>
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _moved = new(0, 1);
    private readonly string _path =
        "/access/v1/bundle?resources=" + Uri.EscapeDataString(string.Join(',', settings.Resources));

    private volatile LocalFacts? _facts; // owner: RunAsync
    private bool _isDown;                // so that an outage is logged once; owner: RunAsync

    /// <summary>The last bundle; null: none came yet. Whether it is current, the view says.</summary>
    internal LocalFacts? Facts => _facts;

    internal async Task RunAsync(CancellationToken stop)
    {
        view.RegistryMoved += Wake;
        var pause = ShortestPause;
        try
        {
            while (!stop.IsCancellationRequested)
            {
                if (!IsWanted())
                {
                    pause = ShortestPause;
                    await _moved.WaitAsync(stop);
                    continue;
                }

                var isRefused = false;
                try
                {
                    var had = _facts;
                    await PullAsync(stop);
                    if (had is null || _facts!.Bundle.Version > had.Bundle.Version)
                        pause = ShortestPause;
                }
#pragma warning disable CA1031 // Whatever it was, it is tried again: a pull that ends would be stale for ever.
                catch (Exception e) when (!stop.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    isRefused = e is WritException { IsRefusal: true };
                    Say(e.Message);
                }

                // A replica that is behind the one that the feed comes from is asked again.
                await Task.Delay(isRefused ? RefusedPause : pause, time, stop);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The server stops.
        }
        finally
        {
            view.RegistryMoved -= Wake;
        }
    }

    // Before the feed is heard there is nothing to hold a bundle against.
    private bool IsWanted() => view.Registry is { } seen
        && (_facts is not { Bundle: var had } || had.Epoch != seen.Epoch || had.Version < seen.Version);

    private void Wake()
    {
        try
        {
            if (_moved.CurrentCount == 0)
                _moved.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else woke it at the same moment.
        }
    }

    private async Task PullAsync(CancellationToken stop)
    {
        var had = _facts;
        var path = had is null ? _path : $"{_path}&policy={had.Bundle.PolicySha256}";
        if (await broker.SendAsync(HttpMethod.Get, path, body: null, stop) is not { } answer
            || !answer.TryGetProperty("bundle"u8, out var signed) || signed.ValueKind != JsonValueKind.String)
        {
            throw BrokerErrors.Malformed("an answer without a bundle");
        }

        var bundle = await VerifyAsync(signed.GetString()!, stop);
        if (bundle.Issuer != settings.Issuer || bundle.Audience != settings.ClientId)
            throw BrokerErrors.Malformed("a bundle of another broker, or for somebody else");
        if (had is not null && bundle.Epoch == had.Bundle.Epoch && bundle.Version < had.Bundle.Version)
            throw BrokerErrors.Malformed("a bundle that is older than the one before");
        _facts = new LocalFacts(bundle, PolicyOf(bundle, had, answer));
        if (_isDown)
            log.LogInformation("Decisions are made here again.");
        _isDown = false;
    }

    private LocalPolicy PolicyOf(DecisionBundle bundle, LocalFacts? had, JsonElement answer)
    {
        if (answer.TryGetProperty("policy"u8, out var policy) && policy.ValueKind == JsonValueKind.String)
        {
            var text = policy.GetString()!;
            var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
            return digest == bundle.PolicySha256
                ? LocalPolicy.Of(text, time)
                : throw BrokerErrors.Malformed("a policy that is not the bundle's");
        }

        return had is not null && had.Bundle.PolicySha256 == bundle.PolicySha256
            ? had.Policy
            : throw BrokerErrors.Malformed("a bundle without its policy");
    }

    private async Task<DecisionBundle> VerifyAsync(string text, CancellationToken stop)
    {
        if (!Jws.TryRead(text, JwsLimits.Feed, out var jws, out var error))
            throw BrokerErrors.Malformed(error.Code);
        var ring = keys.Ring;
        if (!jws.TryVerify(ring, JwsAlgorithms.Ours, DecisionBundle.Typ, out var verified, out error)
            && (error != JoseError.UnknownKey
                || !await keys.RefreshAsync(ring, stop)
                || !jws.TryVerify(keys.Ring, JwsAlgorithms.Ours, DecisionBundle.Typ, out verified, out error)))
        {
            throw BrokerErrors.Malformed(error.Code);
        }

        return DecisionBundle.TryParse(verified!, out var bundle, out var reason)
            ? bundle
            : throw BrokerErrors.Malformed(reason);
    }

    private void Say(string why)
    {
        if (!_isDown)
            log.LogWarning("The facts for decisions cannot be pulled: {Reason}", why);
        _isDown = true;
    }
}

/// <summary>What a bundle must be.</summary>
/// <param name="Issuer">The broker.</param>
/// <param name="ClientId">Who we are.</param>
/// <param name="Resources">The registered names of what we serve.</param>
internal sealed record BundleSettings(string Issuer, string ClientId, IReadOnlyList<string> Resources);
