namespace Writ.Rego.Builtins.Encoding;

/// <summary>Base 64 with the alphabets of RFC 4648 §4 and §5, and Go's word for where it is broken.</summary>
internal static class Base64Text
{
    private const string Standard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    public static string Encode(byte[] bytes) => Convert.ToBase64String(bytes);

    public static string EncodeUrl(byte[] bytes) =>
        Convert.ToBase64String(bytes).Replace('+', '-').Replace('/', '_');

    /// <summary>With padding; line ends do not count.</summary>
    public static byte[] Decode(string text, bool isUrl)
    {
        var bytes = new List<byte>((text.Length * 3 / 4) + 3);
        for (var i = 0; i < text.Length;)
        {
            if (!ReadFour(text, isUrl, ref i, bytes))
            {
                break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Without padding, as JOSE writes it, or with.</summary>
    public static byte[] DecodeUrl(string text)
    {
        if (text.EndsWith('='))
        {
            return Decode(text, isUrl: true);
        }

        return (text.Length % 4) switch
        {
            0 => Decode(text, isUrl: true),
            2 => Decode(text + "==", isUrl: true),
            3 => Decode(text + "=", isUrl: true),
            _ => throw BuiltinError.Failed($"illegal base64url string: {text}"),
        };
    }

    /// <summary>False at the end of the text.</summary>
    private static bool ReadFour(string text, bool isUrl, ref int i, List<byte> bytes)
    {
        Span<int> digits = stackalloc int[4];
        var count = 0;
        while (count < 4)
        {
            if (i == text.Length)
            {
                return count == 0 ? false : throw Corrupt(i - count);
            }

            var c = text[i++];
            if (c is '\n' or '\r')
            {
                continue;
            }

            if (c == '=')
            {
                ReadPadding(text, ref i, count);
                break;
            }

            digits[count] = DigitOf(c, isUrl);
            count += digits[count] < 0 ? throw Corrupt(i - 1) : 1;
        }

        digits[count..].Clear();
        var value = (digits[0] << 18) | (digits[1] << 12) | (digits[2] << 6) | digits[3];
        bytes.Add((byte)(value >> 16));
        if (count > 2)
        {
            bytes.Add((byte)(value >> 8));
        }

        if (count > 3)
        {
            bytes.Add((byte)value);
        }

        return count == 4;
    }

    private static void ReadPadding(string text, ref int i, int count)
    {
        if (count < 2)
        {
            throw Corrupt(i - 1);
        }

        if (count == 2)
        {
            SkipLineEnds(text, ref i);
            if (i == text.Length || text[i] != '=')
            {
                throw Corrupt(i == text.Length ? i : i - 1);
            }

            i++;
        }

        SkipLineEnds(text, ref i);
        if (i < text.Length)
        {
            throw Corrupt(i);
        }
    }

    private static void SkipLineEnds(string text, ref int i)
    {
        while (i < text.Length && text[i] is ('\n' or '\r'))
        {
            i++;
        }
    }

    private static int DigitOf(char c, bool isUrl) => c switch
    {
        '-' when isUrl => 62,
        '_' when isUrl => 63,
        '+' or '/' when isUrl => -1,
        _ => Standard.IndexOf(c, StringComparison.Ordinal),
    };

    private static BuiltinError Corrupt(int index) => BuiltinError.Failed($"illegal base64 data at input byte {index}");
}
