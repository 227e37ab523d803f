using System.Buffers.Binary;
using System.Security.Cryptography;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Nonces of this process (RFC 9449 §9): the time and a MAC under a key that nobody else has and that dies with the
/// process, so none needs to be remembered and none survives a restart.
/// </summary>
internal sealed class ResourceNonces(TimeProvider time)
{
    private const int TimeBytes = 8;
    private const int MacBytes = 16;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    internal string Next()
    {
        Span<byte> nonce = stackalloc byte[TimeBytes + MacBytes];
        BinaryPrimitives.WriteInt64BigEndian(nonce, time.GetUtcNow().UtcTicks);
        Seal(nonce[..TimeBytes], nonce[TimeBytes..]);
        return Base64UrlText.Encode(nonce);
    }

    internal bool IsValid(string text)
    {
        if (!Base64UrlText.TryDecode(text, out var nonce) || nonce.Length != TimeBytes + MacBytes)
            return false;
        Span<byte> mac = stackalloc byte[MacBytes];
        Seal(nonce.AsSpan(0, TimeBytes), mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, nonce.AsSpan(TimeBytes)))
            return false;
        var age = time.GetUtcNow().UtcTicks - BinaryPrimitives.ReadInt64BigEndian(nonce);
        return age >= -TimeSpan.TicksPerSecond && age <= Life.Ticks;
    }

    private void Seal(ReadOnlySpan<byte> moment, Span<byte> mac)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, moment, digest);
        digest[..MacBytes].CopyTo(mac);
    }
}
