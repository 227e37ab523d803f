using System.Security.Cryptography;
using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Crypto;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Keys of bundles, made of their texts.</summary>
internal static class BundleKeyText
{
    /// <summary>A secret, or a public key: of one's own private key the public half.</summary>
    public static JwtKey ToVerify(BundleKey key)
    {
        if (IsSecret(key))
            return new JwtKey(ByteText.Encode(key.Text), null, null);
        var (label, bytes) = Block(key);
        if (label == "RSA PUBLIC KEY")
        {
            var rsa = RSA.Create();
            rsa.ImportRSAPublicKey(bytes, out _);
            return new JwtKey(rsa, null, null);
        }

        return label.EndsWith("PRIVATE KEY", StringComparison.Ordinal) ? ToSign(key)
            : JwtKey.ReadAll(key.Text.Trim()) is [var found, ..] ? found
            : throw BuiltinError.Failed("no key in the key's text");
    }

    public static JwtKey ToSign(BundleKey key)
    {
        if (IsSecret(key))
            return new JwtKey(ByteText.Encode(key.Text), null, null);
        var (label, bytes) = Block(key);
        return KeyJson.ReadPrivate(label, bytes) is { } found
            ? new JwtKey(found, null, null)
            : throw BuiltinError.Failed($"unsupported PEM block type: {label}");
    }

    private static bool IsSecret(BundleKey key) => key.Algorithm.StartsWith("HS", StringComparison.Ordinal);

    private static (string Label, byte[] Bytes) Block(BundleKey key) =>
        PemBlocks.Read(key.Text).Where(block => block.Label != "EC PARAMETERS").ToArray() is [var block, ..]
            ? block
            : throw BuiltinError.Failed($"the key for {key.Algorithm} must be a PEM text");
}
