using System.Net.Http.Headers;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Keys;

/// <summary>
/// The keys of one issuer of users' tokens. Fetched from where the configuration says, or from where the discovery
/// document says at the issuer's own origin: nobody who writes that document sends us elsewhere. Kept for a
/// while, fetched anew for an unknown <c>kid</c>, and never tried more often than <see cref="LeastPause"/>: neither
/// strangers' tokens nor an issuer that is down make us hammer it. Keys that could not be renewed for
/// <see cref="LongestLife"/> are trusted no more: they may have been withdrawn since.
/// </summary>
public sealed class TrustedIssuer(UserIssuer configured, HttpClient http, TimeProvider time)
{
    private const int MaxBytes = 256 * 1024;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(1);
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _fetching = new(1, 1);
    // Owner: the holder of _fetching.
    private volatile Known _known = new(null, DateTimeOffset.MinValue, DateTimeOffset.MinValue);

    public UserIssuer Configured => configured;

    /// <summary>The issuer's keys; null when they cannot be had, and then its tokens are refused.</summary>
    public async Task<KeyRing?> KeysAsync(string? kid, CancellationToken cancel)
    {
        if (IsDue(kid))
        {
            await _fetching.WaitAsync(cancel);
            try
            {
                if (IsDue(kid)) await RenewAsync();
            }
            finally
            {
                _fetching.Release();
            }
        }
        var known = _known;
        return time.GetUtcNow() - known.At < LongestLife ? known.Ring : null;
    }

    private bool IsDue(string? kid)
    {
        var known = _known;
        var now = time.GetUtcNow();
        if (now - known.Tried < LeastPause) return false;
        return known.Ring is null || now - known.At > Life || (kid is not null && !known.Ring.TryGet(kid, out _));
    }

    /// <summary>Not bound to the request that needs it: one that gives up must not spend everybody's turn.</summary>
    private async Task RenewAsync()
    {
        var now = time.GetUtcNow();
        var ring = await FetchAsync();
        _known = ring is null ? _known with { Tried = now } : new Known(ring, now, now);
    }

    private async Task<KeyRing?> FetchAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), time);
        try
        {
            var address = configured.JwksUri ?? await DiscoverAsync(limit.Token);
            if (address is null || await GetAsync(address, limit.Token) is not { } json) return null;
            return KeyRing.TryParse(json, out var ring, out _) ? ring : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    // OpenID Connect Discovery §4.3: the document's issuer must be the one that we asked.
    private async Task<string?> DiscoverAsync(CancellationToken cancel)
    {
        var address = configured.Issuer.TrimEnd('/') + "/.well-known/openid-configuration";
        if (await GetAsync(address, cancel) is not { } json
            || !StrictJson.TryParse(json, StrictJson.DefaultMaxDepth, out var document, out _)
            || document.ValueKind is not JsonValueKind.Object) return null;
        return string.Equals(StrictJson.TextOf(document, "issuer"u8), configured.Issuer, StringComparison.Ordinal)
            && StrictJson.TextOf(document, "jwks_uri"u8) is { } keys && IsOfIssuer(keys)
            ? keys
            : null;
    }

    private bool IsOfIssuer(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var keys)
        && Uri.TryCreate(configured.Issuer, UriKind.Absolute, out var issuer)
        && Uri.Compare(
            keys, issuer, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    private async Task<byte[]?> GetAsync(string address, CancellationToken cancel)
    {
        if (!configured.MayBeAskedAt(address, out var uri)) return null;
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength > MaxBytes) return null;
        await response.Content.LoadIntoBufferAsync(MaxBytes, cancel);
        return await response.Content.ReadAsByteArrayAsync(cancel);
    }

    private sealed record Known(KeyRing? Ring, DateTimeOffset At, DateTimeOffset Tried);
}
