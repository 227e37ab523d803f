using System.Security.Cryptography;
using System.Text;

namespace Writ.Protocol.Tests;

/// <summary>Keys made once for all tests, and tokens made by hand, with whatever header a test wants.</summary>
internal static class Keys
{
    internal static readonly ECDsa P256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    internal static readonly ECDsa OtherP256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    internal static readonly ECDsa P384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
    internal static readonly ECDsa P521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
    internal static readonly RSA Rsa = RSA.Create(2048);

    internal static KeyRing Ring { get; } = KeyRing.Of(
        Jwk.FromEcdsa(P256) with { Kid = "p256" },
        Jwk.FromEcdsa(P384) with { Kid = "p384" },
        Jwk.FromEcdsa(P521) with { Kid = "p521" },
        Jwk.FromRsa(Rsa) with { Kid = "rsa" });

    internal static VerificationKey Named(string kid) => Ring.TryGet(kid, out var key)
        ? key
        : throw new ArgumentException("No such key.", nameof(kid));

    /// <summary>Signs whatever header and payload it is given, right or wrong.</summary>
    internal static string Forge(string header, string payload, Func<byte[], byte[]>? sign = null) =>
        Forge(header, Encoding.UTF8.GetBytes(payload), sign);

    internal static string Forge(string header, byte[] payload, Func<byte[], byte[]>? sign = null)
    {
        var input = Base64UrlText.Encode(Encoding.UTF8.GetBytes(header)) + "." + Base64UrlText.Encode(payload);
        var signature = (sign ?? SignP256)(Encoding.ASCII.GetBytes(input));
        return input + "." + Base64UrlText.Encode(signature);
    }

    internal static byte[] SignP256(byte[] data) => P256.SignData(data, HashAlgorithmName.SHA256);

    /// <summary>Reads and verifies with the ring; the error's code, or null.</summary>
    internal static string? Refusal(string compact, string? typ = null, KeyRing? ring = null)
    {
        if (!Jws.TryRead(compact, JwsLimits.Default, out var jws, out var readError))
            return readError.Code;
        return jws.TryVerify(ring ?? Ring, JwsAlgorithms.All, typ, out _, out var error) ? null : error.Code;
    }
}
