using System.Collections.Concurrent;
using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// The key that tokens are bound to, and the last nonce that each server gave (RFC 9449 §8.2). Thread-safe.
/// </summary>
internal sealed class ProofKey : IDisposable
{
    internal const string HeaderName = "DPoP";
    internal const string NonceHeaderName = "DPoP-Nonce";
    private const int MaxNonceLength = 512;

    private readonly ECDsa? _own;
    private readonly JwsSigner _signer;
    private readonly TimeProvider _time;

    // By origin; only origins that we speak to on purpose get in, so it stays small.
    private readonly ConcurrentDictionary<string, string> _nonces = new(StringComparer.Ordinal);

    // Without a key it makes its own, which is never written anywhere.
    internal ProofKey(ECDsa? key, TimeProvider time)
    {
        _own = key is null ? ECDsa.Create(ECCurve.NamedCurves.nistP256) : null;
        _signer = new JwsSigner(key ?? _own!, kid: null);
        _time = time;
    }

    internal JwsSigner Signer => _signer;

    internal string Thumbprint => _signer.PublicKey.Thumbprint;

    internal string Prove(string method, Uri uri, string? accessToken) =>
        Prove(method, uri, _nonces.GetValueOrDefault(SafeOrigin.Of(uri)), accessToken);

    /// <summary>A proof for a nonce that somebody else keeps.</summary>
    internal string Prove(string method, Uri uri, string? nonce, string? accessToken) =>
        DpopProof.Create(
            _signer,
            method,
            uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
            RandomId.Jti(),
            _time.GetUtcNow(),
            nonce,
            accessToken);

    /// <summary>Keeps the nonce of an answer; whether it brought one.</summary>
    internal bool Learn(Uri uri, HttpResponseMessage answer)
    {
        if (!answer.Headers.TryGetValues(NonceHeaderName, out var values))
            return false;
        var nonce = values.Last();
        if (nonce.Length is 0 or > MaxNonceLength)
            return false;
        _nonces[SafeOrigin.Of(uri)] = nonce;
        return true;
    }

    public void Dispose() => _own?.Dispose();
}
