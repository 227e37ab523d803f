using System.Buffers.Binary;
using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Server.Callers;

/// <summary>
/// Nonces for DPoP proofs (RFC 9449 §8) that need no memory: the moment of issue and a MAC over it. All replicas share
/// the key, so each accepts the others'. They stop proofs made in advance; replays are stopped by the <c>jti</c>.
/// </summary>
public sealed class DpopNonces(byte[] key, TimeSpan life, TimeProvider time)
{
    private const int TagBytes = 16;

    public string Next()
    {
        Span<byte> nonce = stackalloc byte[8 + TagBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, time.GetUtcNow().ToUnixTimeSeconds());
        Mac(nonce[..8], nonce[8..]);
        return Base64UrlText.Encode(nonce);
    }

    public bool IsValid(string nonce)
    {
        if (nonce.Length != 32 || !Base64UrlText.TryDecode(nonce, out var bytes)) return false;
        Span<byte> tag = stackalloc byte[TagBytes];
        Mac(bytes.AsSpan(0, 8), tag);
        if (!CryptographicOperations.FixedTimeEquals(tag, bytes.AsSpan(8))) return false;
        var age = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(bytes));
        return age <= life && age >= -life;
    }

    private void Mac(ReadOnlySpan<byte> moment, Span<byte> tag)
    {
        Span<byte> full = stackalloc byte[32];
        HMACSHA256.HashData(key, moment, full);
        full[..TagBytes].CopyTo(tag);
    }
}
