using System.Net.Http.Headers;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Keys;

/// <summary>
/// The keys of one issuer of users' tokens. Fetched from where the configuration says (or its discovery document), kept
/// for a while, fetched anew for an unknown <c>kid</c>, never more often than <see cref="LeastPause"/>: a stranger's
/// tokens cannot make us hammer it.
/// </summary>
public sealed class TrustedIssuer(UserIssuer configured, HttpClient http, TimeProvider time)
{
    private const int MaxBytes = 256 * 1024;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _fetching = new(1, 1);
    private volatile Fetched? _keys; // owner: FetchAsync

    public UserIssuer Configured => configured;

    /// <summary>The issuer's keys; null when they cannot be had, and then its tokens are refused.</summary>
    public async Task<KeyRing?> KeysAsync(string? kid, CancellationToken cancel)
    {
        if (_keys is { } keys && !IsDue(keys, kid)) return keys.Ring;
        await _fetching.WaitAsync(cancel);
        try
        {
            if (_keys is { } fetched && !IsDue(fetched, kid)) return fetched.Ring;
            var ring = await FetchAsync(cancel);
            if (ring is not null) _keys = new Fetched(ring, time.GetUtcNow());
            return ring ?? _keys?.Ring;
        }
        finally
        {
            _fetching.Release();
        }
    }

    private bool IsDue(Fetched keys, string? kid)
    {
        var age = time.GetUtcNow() - keys.At;
        return age > Life || (kid is not null && !keys.Ring.TryGet(kid, out _) && age > LeastPause);
    }

    private async Task<KeyRing?> FetchAsync(CancellationToken cancel)
    {
        try
        {
            var uri = configured.JwksUri ?? await DiscoverAsync(cancel);
            if (uri is null || await GetAsync(uri, cancel) is not { } json) return null;
            return KeyRing.TryParse(json, out var ring, out _) ? ring : null;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    // OpenID Connect Discovery §4.3: the document's issuer must be the one that we asked.
    private async Task<string?> DiscoverAsync(CancellationToken cancel)
    {
        var address = configured.Issuer.TrimEnd('/') + "/.well-known/openid-configuration";
        if (await GetAsync(address, cancel) is not { } json) return null;
        using var document = JsonDocument.Parse(json);
        var root = document.RootElement;
        return root.ValueKind is JsonValueKind.Object
            && root.TryGetProperty("issuer", out var issuer) && issuer.ValueEquals(configured.Issuer)
            && root.TryGetProperty("jwks_uri", out var uri) ? uri.GetString() : null;
    }

    private async Task<string?> GetAsync(string address, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        if (!response.IsSuccessStatusCode || response.Content.Headers.ContentLength > MaxBytes) return null;
        await response.Content.LoadIntoBufferAsync(MaxBytes, limit.Token);
        return await response.Content.ReadAsStringAsync(limit.Token);
    }

    private sealed record Fetched(KeyRing Ring, DateTimeOffset At);
}
