namespace Writ.Tlog;

/// <summary>Standard base64 with padding (RFC 4648 §4), read strictly: one text for one value.</summary>
internal static class Base64
{
    /// <summary>Reads into a buffer that may be larger.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes, out int length)
    {
        length = 0;
        if (text.Length % 4 != 0 || text.ContainsAny(" \t\r\n")) return false;
        if (!Convert.TryFromBase64Chars(text, bytes, out length)) return false;
        // Bits behind the last byte must be zero, or several texts would have one value.
        var last = length % 3;
        return last == 0 || text.EndsWith(Convert.ToBase64String(bytes[(length - last)..length]));
    }

    /// <summary>Reads a text of any length.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        var buffer = new byte[text.Length / 4 * 3];
        var isBase64 = TryDecode(text, buffer, out var length);
        bytes = isBase64 ? buffer[..length] : [];
        return isBase64;
    }
}
