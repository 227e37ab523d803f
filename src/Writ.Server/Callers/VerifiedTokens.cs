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
    // Bounded by what is read out of the tokens, too, which grows with their length: whoever may ask for tokens chooses
    // how much they carry.
    private const int Most = 20_000;
    private const int LongestKept = 4 * 1024;
    private const long MostCharacters = 24 * 1024 * 1024;
    private readonly ConcurrentDictionary<Key, Entry> _entries = new();
    private long _characters; // of the texts of all entries; owner: whoever adds or removes one

    internal bool TryGet(string text, out Key key, out AccessTokenClaims? claims, out string? kid)
    {
        key = KeyOf(text);
        var known = _entries.TryGetValue(key, out var entry);
        (claims, kid) = known ? (entry!.Claims, entry.Kid) : (null, null);
        return known;
    }

    internal void Add(Key key, int length, AccessTokenClaims claims, string kid)
    {
        if (length > LongestKept) return;
        if (IsFull) DropExpired();
        if (_entries.TryAdd(key, new Entry(claims, kid, length))) Interlocked.Add(ref _characters, length);
    }

    private bool IsFull => _entries.Count >= Most || Interlocked.Read(ref _characters) >= MostCharacters;

    private void DropExpired()
    {
        var now = time.GetUtcNow();
        foreach (var (key, entry) in _entries)
            if (entry.Claims.ExpiresAt <= now) Remove(key);
        if (!IsFull) return;
        // All alive: start over rather than refuse to learn.
        foreach (var (key, _) in _entries) Remove(key);
    }

    private void Remove(Key key)
    {
        if (_entries.TryRemove(key, out var entry)) Interlocked.Add(ref _characters, -entry.Length);
    }

    private static Key KeyOf(string text)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        return new Key(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }

    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Key(UInt128 High, UInt128 Low);

    private sealed record Entry(AccessTokenClaims Claims, string Kid, int Length);
}
