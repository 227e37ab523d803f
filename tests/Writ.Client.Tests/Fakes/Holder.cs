using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Client.Tests;

/// <summary>Somebody with a key: makes proofs, honest or not.</summary>
internal sealed class Holder : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _serial;

    internal Confirmation Binding => new Confirmation.Jkt(Jwk.FromEcdsa(_key).Thumbprint);

    internal string Prove(
        string token,
        DateTimeOffset now,
        string method = "GET",
        string uri = Issuer.Orders + "/orders",
        string? nonce = null) =>
        DpopProof.Create(_key, method, uri, $"p{Interlocked.Increment(ref _serial)}", now, nonce, token);

    public void Dispose() => _key.Dispose();
}
