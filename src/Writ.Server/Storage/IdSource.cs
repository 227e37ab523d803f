using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Writ.Server.Storage;

/// <summary>
/// Makes ids: text, ordered by time (48 bits of milliseconds), 80 random bits, in Crockford's base 32.
/// </summary>
public sealed class IdSource(TimeProvider time)
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>A new id with a prefix that tells people what it names: <c>task_01h…</c>.</summary>
    public string Next(string prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, time.GetUtcNow().ToUnixTimeMilliseconds() << 16);
        RandomNumberGenerator.Fill(bytes[6..]);
        return string.Concat(prefix, "_", Encode(bytes));
    }

    /// <summary>A secret of 256 random bits, for codes and client secrets; its prefix lets scanners find it.</summary>
    public static string Secret(string prefix) =>
        string.Concat(prefix, "_", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[26];
        var value = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        for (var i = text.Length - 1; i >= 0; i--, value >>= 5) text[i] = Alphabet[(int)(value & 31)];
        return new string(text);
    }
}
