using System.Security.Cryptography;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>Digests and message authentication codes, as hexadecimal text.</summary>
// MD5 and SHA-1 are functions of the language: a policy that compares with such a digest must be able to.
#pragma warning disable CA5350, CA5351
internal static class HashBuiltins
{
    private const string One = "(string) => string";
    private const string Two = "(string, string) => string";

    public static IEnumerable<Builtin> All =>
    [
        new("crypto.md5", One, (_, a) => Hex(MD5.HashData(Bytes(a, 0)))),
        new("crypto.sha1", One, (_, a) => Hex(SHA1.HashData(Bytes(a, 0)))),
        new("crypto.sha256", One, (_, a) => Hex(SHA256.HashData(Bytes(a, 0)))),
        new("crypto.hmac.md5", Two, (_, a) => Mac(a, HMACMD5.HashData)),
        new("crypto.hmac.sha1", Two, (_, a) => Mac(a, HMACSHA1.HashData)),
        new("crypto.hmac.sha256", Two, (_, a) => Mac(a, HMACSHA256.HashData)),
        new("crypto.hmac.sha512", Two, (_, a) => Mac(a, HMACSHA512.HashData)),
        new("crypto.hmac.equal", "(string, string) => boolean", (_, a) =>
            RegoBoolean.Of(CryptographicOperations.FixedTimeEquals(Bytes(a, 0), Bytes(a, 1)))),
    ];

    /// <summary>The message comes before the key.</summary>
    private static RegoString Mac(Operands a, Func<byte[], byte[], byte[]> compute)
    {
        var message = Bytes(a, 0);
        return Hex(compute(Bytes(a, 1), message));
    }

    private static byte[] Bytes(Operands a, int index) => ByteText.Encode(a.Text(index));

    private static RegoString Hex(byte[] bytes) => RegoString.Of(Convert.ToHexStringLower(bytes));
}
