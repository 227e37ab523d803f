using System.Security.Cryptography;

namespace Writ.Protocol;

/// <summary>
/// A public key made ready once and used often, from any thread. Owns the cryptographic object behind it.
/// </summary>
public sealed class VerificationKey : IDisposable
{
    private readonly ECDsa? _ecdsa;
    private readonly RSA? _rsa;
    private readonly Ed25519? _ed25519;
    private readonly int _ecSignatureBytes;

    /// <summary>Imports the key.</summary>
    /// <exception cref="CryptographicException">OpenSSL refused the key.</exception>
    public VerificationKey(Jwk jwk)
    {
        Jwk = jwk;
        switch (jwk.Kty)
        {
            case "EC":
                var curve = WeierstrassCurve.ByName(jwk.Crv)!;
                _ecSignatureBytes = 2 * curve.CoordinateBytes;
                _ecdsa = ECDsa.Create(new ECParameters
                {
                    Curve = curve.Named,
                    Q = new ECPoint { X = jwk.First, Y = jwk.Second },
                });
                break;
            case "RSA":
                _rsa = RSA.Create(new RSAParameters { Modulus = jwk.First, Exponent = jwk.Second });
                break;
            default:
                _ed25519 = Ed25519.ImportPublicKey(jwk.First);
                break;
        }
    }

    /// <summary>The key itself.</summary>
    public Jwk Jwk { get; }

    /// <summary>
    /// Whether the algorithm belongs to this type of key and curve, and the key's own labels allow it.
    /// </summary>
    public bool Fits(string alg)
    {
        if (Jwk.Use is not (null or "sig"))
            return false;
        if (Jwk.Alg is { } only && only != alg && !(IsEdwards(only) && IsEdwards(alg)))
            return false;

        return alg switch
        {
            "ES256" => Jwk.Crv == "P-256",
            "ES384" => Jwk.Crv == "P-384",
            "ES512" => Jwk.Crv == "P-521",
            "RS256" or "RS384" or "RS512" or "PS256" or "PS384" or "PS512" => _rsa is not null,
            "EdDSA" or "Ed25519" => _ed25519 is not null,
            _ => false,
        };
    }

    /// <summary>Verifies a signature in JOSE's form (EC: r and s side by side, RFC 7518 §3.4). Never throws.</summary>
    public bool Verify(string alg, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (!Fits(alg))
            return false;
        if (_ed25519 is not null)
            return _ed25519.Verify(data, signature);

        var hash = HashOf(alg);
        if (_ecdsa is not null)
            return signature.Length == _ecSignatureBytes && _ecdsa.VerifyData(data, signature, hash);

        var padding = alg[0] == 'P' ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        return signature.Length == Jwk.First.Length && _rsa!.VerifyData(data, signature, hash, padding);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ecdsa?.Dispose();
        _rsa?.Dispose();
        _ed25519?.Dispose();
    }

    private static bool IsEdwards(string alg) => alg is "EdDSA" or "Ed25519";

    private static HashAlgorithmName HashOf(string alg) => alg[^3] switch
    {
        '2' => HashAlgorithmName.SHA256,
        '3' => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };
}
