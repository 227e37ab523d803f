using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Writ.Tlog;

/// <summary>A witness's signature of a checkpoint with its time (C2SP tlog-cosignature, Ed25519).</summary>
public static class Cosignature
{
    private const int TimeBytes = 8;

    /// <summary>When it was made, as it says, in seconds since 1970; to be used once it was verified.</summary>
    public static DateTimeOffset? TimeOf(NoteSignature signature) =>
        TryRead(signature.Bytes.Span, out var at, out _) ? DateTimeOffset.FromUnixTimeSeconds(at) : null;

    internal static byte[] Message(string checkpoint, long at) => Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {at}\n{checkpoint}"));

    internal static byte[] Write(long at, ReadOnlySpan<byte> signature)
    {
        var bytes = new byte[TimeBytes + signature.Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, at);
        signature.CopyTo(bytes.AsSpan(TimeBytes));
        return bytes;
    }

    internal static bool TryRead(ReadOnlySpan<byte> bytes, out long at, out ReadOnlySpan<byte> signature)
    {
        at = 0;
        signature = default;
        if (bytes.Length != TimeBytes + Ed25519.SignatureBytes) return false;
        at = BinaryPrimitives.ReadInt64BigEndian(bytes);
        signature = bytes[TimeBytes..];
        return at is >= 0 and < 253_402_300_800; // the year 10000, beyond which no time is one
    }
}
