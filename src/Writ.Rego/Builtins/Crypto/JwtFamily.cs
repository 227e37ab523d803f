namespace Writ.Rego.Builtins.Crypto;

/// <summary>How a signature is made, whatever the digest.</summary>
internal enum JwtFamily
{
    Hmac,
    RsaPkcs1,
    RsaPss,
    Ecdsa,
    Ed25519,
}
