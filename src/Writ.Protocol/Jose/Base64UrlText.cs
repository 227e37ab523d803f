using System.Buffers;
using System.Buffers.Text;

namespace Writ.Protocol;

/// <summary>
/// base64url as JOSE writes it (RFC 7515 §2): no padding, no white space, no stray bits in the last character,
/// so that every byte string has exactly one text.
/// </summary>
public static class Base64UrlText
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Writes bytes as text.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>How many bytes a text of this length holds; negative when no text has this length.</summary>
    public static int DecodedLength(int textLength) => textLength % 4 == 1 ? -1 : textLength * 3 / 4;

    /// <summary>Reads text into a new array.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!IsCanonical(text))
            return false;
        var result = new byte[DecodedLength(text.Length)];
        if (!Base64Url.TryDecodeFromChars(text, result, out var written) || written != result.Length)
            return false;
        bytes = result;
        return true;
    }

    /// <summary>Reads text into <paramref name="destination"/>, which must have room for it.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> destination, out int written)
    {
        written = 0;
        return IsCanonical(text) && Base64Url.TryDecodeFromChars(text, destination, out written);
    }

    /// <summary>Whether text is the one canonical spelling of some bytes.</summary>
    public static bool IsCanonical(ReadOnlySpan<char> text)
    {
        if (text.ContainsAnyExcept(Alphabet))
            return false;

        return (text.Length % 4) switch
        {
            0 => true,
            1 => false,
            2 => (ValueOf(text[^1]) & 0b1111) == 0,
            _ => (ValueOf(text[^1]) & 0b11) == 0,
        };
    }

    private static int ValueOf(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
