using System.Buffers.Binary;
using System.Collections.Concurrent;
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

    // The tags of the seconds within a nonce's life: each is asked for by many requests. No second outside is taken in.
    private readonly ConcurrentDictionary<long, byte[]> _tags = new();

    public string Next()
    {
        var second = time.GetUtcNow().ToUnixTimeSeconds();
        Span<byte> nonce = stackalloc byte[8 + TagBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, second);
        TagOf(second).CopyTo(nonce[8..]);
        return Base64UrlText.Encode(nonce);
    }

    public bool IsValid(string nonce)
    {
        if (nonce.Length != 32 || !Base64UrlText.TryDecode(nonce, out var bytes)) return false;
        var second = BinaryPrimitives.ReadInt64BigEndian(bytes);
        var age = time.GetUtcNow().ToUnixTimeSeconds() - (decimal)second; // any 64 bits may come
        var seconds = (long)life.TotalSeconds;
        return age <= seconds && age >= -seconds
            && CryptographicOperations.FixedTimeEquals(TagOf(second), bytes.AsSpan(8));
    }

    private byte[] TagOf(long second)
    {
        if (_tags.TryGetValue(second, out var known)) return known;
        Span<byte> moment = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(moment, second);
        var tag = HMACSHA256.HashData(key, moment)[..TagBytes];
        if (_tags.Count > 2 * life.TotalSeconds + 60) _tags.Clear();
        return _tags[second] = tag;
    }
}
