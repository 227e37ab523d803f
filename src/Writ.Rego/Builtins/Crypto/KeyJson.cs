using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Keys as Go's encoder writes them, and as JWKs.</summary>
internal static class KeyJson
{
    private const string OidRsa = "1.2.840.113549.1.1.1";
    private const string OidDsa = "1.2.840.10040.4.1";
    private const string OidEc = "1.2.840.10045.2.1";
    private const string OidEd25519 = "1.3.101.112";

    /// <summary>Go's number of the kind of key, and the key.</summary>
    public static (int Algorithm, RegoValue Key) OfPublicKey(PublicKey key)
    {
        switch (key.Oid.Value)
        {
            case OidRsa:
                using (var rsa = key.GetRSAPublicKey()!)
                {
                    var parameters = rsa.ExportParameters(includePrivateParameters: false);
                    return (1, Public(parameters).Build());
                }

            case OidDsa:
                return (2, RegoNull.Instance);
            case OidEc:
                using (var ecdsa = key.GetECDsaPublicKey()!)
                {
                    return (3, Public(ecdsa.ExportParameters(includePrivateParameters: false)).Build());
                }

            case OidEd25519:
                return (4, GoJson.Bytes(key.EncodedKeyValue.RawData));
            default:
                return (0, RegoNull.Instance);
        }
    }

    /// <summary>The key of a PEM block; null when the block holds none.</summary>
    public static AsymmetricAlgorithm? ReadPrivate(string label, byte[] bytes)
    {
        try
        {
            return label switch
            {
                "RSA PRIVATE KEY" => Import(RSA.Create(), key => key.ImportRSAPrivateKey(bytes, out _)),
                "EC PRIVATE KEY" => Import(ECDsa.Create(), key => key.ImportECPrivateKey(bytes, out _)),
                "PRIVATE KEY" => ReadPkcs8(bytes),
                _ => null,
            };
        }
        catch (CryptographicException error)
        {
            throw BuiltinError.Failed($"x509: failed to parse private key: {error.Message}");
        }
    }

    public static RegoObject OfPrivateKey(AsymmetricAlgorithm key)
    {
        if (key is ECDsa ecdsa)
        {
            var point = ecdsa.ExportParameters(includePrivateParameters: true);
            return Public(point).Set("D", GoJson.Unsigned(point.D)).Build();
        }

        var rsa = ((RSA)key).ExportParameters(includePrivateParameters: true);
        return Public(rsa)
            .Set("D", GoJson.Unsigned(rsa.D))
            .Set("Primes", RegoArray.Of(GoJson.Unsigned(rsa.P), GoJson.Unsigned(rsa.Q)))
            .Set("Precomputed", new RegoObject.Builder()
                .Set("Dp", GoJson.Unsigned(rsa.DP))
                .Set("Dq", GoJson.Unsigned(rsa.DQ))
                .Set("Qinv", GoJson.Unsigned(rsa.InverseQ))
                .Set("CRTValues", RegoArray.Empty).Build())
            .Build();
    }

    public static RegoObject ToJwk(AsymmetricAlgorithm key)
    {
        var jwk = new RegoObject.Builder(9);
        if (key is ECDsa ecdsa)
        {
            var point = ecdsa.ExportParameters(includePrivateParameters: true);
            var curve = point.Q.X!.Length switch { 32 => "P-256", 48 => "P-384", _ => "P-521" };
            return jwk.Set("kty", RegoString.Of("EC")).Set("crv", RegoString.Of(curve))
                .Set("x", Url(point.Q.X)).Set("y", Url(point.Q.Y!)).Set("d", Url(point.D!)).Build();
        }

        var rsa = ((RSA)key).ExportParameters(includePrivateParameters: true);
        return jwk.Set("kty", RegoString.Of("RSA")).Set("n", Url(rsa.Modulus!)).Set("e", Url(rsa.Exponent!))
            .Set("d", Url(rsa.D!)).Set("p", Url(rsa.P!)).Set("q", Url(rsa.Q!)).Set("dp", Url(rsa.DP!))
            .Set("dq", Url(rsa.DQ!)).Set("qi", Url(rsa.InverseQ!)).Build();
    }

    private static AsymmetricAlgorithm ReadPkcs8(byte[] bytes)
    {
        try
        {
            return Import(RSA.Create(), key => key.ImportPkcs8PrivateKey(bytes, out _));
        }
        catch (CryptographicException)
        {
            return Import(ECDsa.Create(), key => key.ImportPkcs8PrivateKey(bytes, out _));
        }
    }

    private static T Import<T>(T key, Action<T> import)
    {
        import(key);
        return key;
    }

    private static RegoObject.Builder Public(RSAParameters key) => new RegoObject.Builder()
        .Set("N", GoJson.Unsigned(key.Modulus)).Set("E", GoJson.Unsigned(key.Exponent));

    private static RegoObject.Builder Public(ECParameters key) => new RegoObject.Builder()
        .Set("Curve", RegoObject.Empty).Set("X", GoJson.Unsigned(key.Q.X)).Set("Y", GoJson.Unsigned(key.Q.Y));

    private static RegoString Url(byte[] bytes) => RegoString.Of(Base64Text.EncodeUrl(bytes).TrimEnd('='));
}
