using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Writ.Protocol;

namespace Writ.Server.Callers;

/// <summary>
/// Access tokens whose signature was verified, by the hash of their text, for their life. Holds no token, only what it
/// says; whether it is revoked or expired is asked anew each time.
/// </summary>
public sealed class VerifiedTokens(TimeProvider time)
{
    private const int Most = 20_000;
    private readonly ConcurrentDictionary<Key, Entry> _entries = new();

    internal bool TryGet(string text, out Key key, out AccessTokenClaims? claims, out string? kid)
    {
        key = KeyOf(text);
        var known = _entries.TryGetValue(key, out var entry);
        (claims, kid) = known ? (entry!.Claims, entry.Kid) : (null, null);
        return known;
    }

    internal void Add(Key key, AccessTokenClaims claims, string kid)
    {
        if (_entries.Count >= Most) DropExpired();
        if (_entries.Count < Most) _entries[key] = new Entry(claims, kid);
    }

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        foreach (var (key, entry) in _entries)
            if (entry.Claims.ExpiresAt <= now) _entries.TryRemove(key, out _);
        // All alive: start over rather than refuse to learn.
        if (_entries.Count >= Most) _entries.Clear();
    }

    private static Key KeyOf(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new Key(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Key(UInt128 High, UInt128 Low);

    private sealed record Entry(AccessTokenClaims Claims, string Kid);
}
