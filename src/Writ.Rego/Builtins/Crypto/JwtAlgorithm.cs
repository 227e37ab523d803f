using System.Security.Cryptography;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>One of the signature algorithms of RFC 7518 and RFC 8037.</summary>
internal sealed record JwtAlgorithm(string Name, JwtFamily Family, HashAlgorithmName Hash)
{
    private static readonly Dictionary<string, JwtAlgorithm> Known = new JwtAlgorithm[]
    {
        new("HS256", JwtFamily.Hmac, HashAlgorithmName.SHA256),
        new("HS384", JwtFamily.Hmac, HashAlgorithmName.SHA384),
        new("HS512", JwtFamily.Hmac, HashAlgorithmName.SHA512),
        new("RS256", JwtFamily.RsaPkcs1, HashAlgorithmName.SHA256),
        new("RS384", JwtFamily.RsaPkcs1, HashAlgorithmName.SHA384),
        new("RS512", JwtFamily.RsaPkcs1, HashAlgorithmName.SHA512),
        new("PS256", JwtFamily.RsaPss, HashAlgorithmName.SHA256),
        new("PS384", JwtFamily.RsaPss, HashAlgorithmName.SHA384),
        new("PS512", JwtFamily.RsaPss, HashAlgorithmName.SHA512),
        new("ES256", JwtFamily.Ecdsa, HashAlgorithmName.SHA256),
        new("ES384", JwtFamily.Ecdsa, HashAlgorithmName.SHA384),
        new("ES512", JwtFamily.Ecdsa, HashAlgorithmName.SHA512),
        new("EdDSA", JwtFamily.Ed25519, default),
    }.ToDictionary(algorithm => algorithm.Name, StringComparer.Ordinal);

    public static IEnumerable<JwtAlgorithm> All => Known.Values;

    public static JwtAlgorithm? Find(string name) => Known.GetValueOrDefault(name);

    /// <summary>The mode is checked against the key's type: a public key is never the secret of an HMAC.</summary>
    public bool Verify(JwtKey key, byte[] data, byte[] signature)
    {
        try
        {
            return (Family, key.Material) switch
            {
                (JwtFamily.Hmac, byte[] secret) =>
                    CryptographicOperations.FixedTimeEquals(Mac(secret, data), signature),
                (JwtFamily.RsaPkcs1, RSA rsa) =>
                    rsa.VerifyData(data, signature, Hash, RSASignaturePadding.Pkcs1),
                (JwtFamily.RsaPss, RSA rsa) => rsa.VerifyData(data, signature, Hash, RSASignaturePadding.Pss),
                (JwtFamily.Ecdsa, ECDsa ecdsa) => ecdsa.VerifyData(data, signature, Hash),
                (JwtFamily.Ed25519, Ed25519 edwards) => edwards.Verify(data, signature),
                _ => false,
            };
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    public byte[] Sign(JwtKey key, byte[] data) => (Family, key.Material) switch
    {
        (JwtFamily.Hmac, byte[] secret) => Mac(secret, data),
        (JwtFamily.RsaPkcs1, RSA rsa) => rsa.SignData(data, Hash, RSASignaturePadding.Pkcs1),
        (JwtFamily.RsaPss, RSA rsa) => rsa.SignData(data, Hash, RSASignaturePadding.Pss),
        (JwtFamily.Ecdsa, ECDsa ecdsa) => ecdsa.SignData(data, Hash),
        (JwtFamily.Ed25519, Ed25519 edwards) => edwards.Sign(data),
        _ => throw BuiltinError.Failed($"invalid key type for the algorithm {Name}"),
    };

    private byte[] Mac(byte[] secret, byte[] data) => Hash.Name switch
    {
        "SHA256" => HMACSHA256.HashData(secret, data),
        "SHA384" => HMACSHA384.HashData(secret, data),
        _ => HMACSHA512.HashData(secret, data),
    };
}
