using System.Text;
using System.Text.Unicode;

namespace Writ.Rego.Values;

/// <summary>
/// Texts of any bytes, as the language knows them, in .NET's strings: each byte that belongs to no code point becomes
/// a lone surrogate U+DC80 to U+DCFF and goes back to itself. Order and length are those of the bytes' code points.
/// </summary>
internal static class ByteText
{
    private const char FirstByte = '\uDC00';

    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length);
        Span<char> pair = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var consumed) is System.Buffers.OperationStatus.Done)
            {
                text.Append(pair[..rune.EncodeToUtf16(pair)]);
            }
            else
            {
                consumed = 1;
                text.Append((char)(FirstByte + bytes[0]));
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    public static byte[] Encode(string text)
    {
        if (!HoldsBytes(text))
        {
            return Encoding.UTF8.GetBytes(text);
        }

        var bytes = new List<byte>(text.Length * 2);
        Span<byte> buffer = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                bytes.AddRange(buffer[..rune.EncodeToUtf8(buffer)]);
                i += rune.Utf16SequenceLength - 1;
            }
            else if (text[i] is >= '\uDC80' and <= '\uDCFF')
            {
                bytes.Add((byte)(text[i] - FirstByte));
            }
            else
            {
                bytes.AddRange("\uFFFD"u8);
            }
        }

        return [.. bytes];
    }

    /// <summary>The text as others may see it: what is no code point becomes U+FFFD.</summary>
    public static string Shown(string text) => HoldsBytes(text) ? Encoding.UTF8.GetString(Encode(text)) : text;

    public static bool HoldsBytes(ReadOnlySpan<char> text)
    {
        var at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        while (at >= 0)
        {
            text = text[at..];
            if (Rune.DecodeFromUtf16(text, out _, out var consumed) is not System.Buffers.OperationStatus.Done)
            {
                return true;
            }

            text = text[consumed..];
            at = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        }

        return false;
    }

    /// <summary>Code point order: UTF-16 units agree with it but for surrogates, which stand for higher ones.</summary>
    public static int Compare(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        return Weight(left[common]).CompareTo(Weight(right[common]));
    }

    /// <summary>How many code points.</summary>
    public static int Length(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return text.Length;
        }

        var count = 0;
        for (var i = 0; i < text.Length; i++, count++)
        {
            i += IsPair(text, i) ? 1 : 0;
        }

        return count;
    }

    /// <summary>The index in UTF-16 units of the n-th code point, or the text's end.</summary>
    public static int IndexOfCodePoint(string text, int n)
    {
        var i = 0;
        for (; i < text.Length && n > 0; n--)
        {
            i += IsPair(text, i) ? 2 : 1;
        }

        return i;
    }

    public static bool IsPair(string text, int index) =>
        index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);

    private static int Weight(char c) => c is >= '\uD800' and <= '\uDFFF' ? c + 0x10000 : c;
}
