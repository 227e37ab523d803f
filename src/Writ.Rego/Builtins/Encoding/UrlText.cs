using System.Globalization;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Encoding;

/// <summary>Escapes of a URL's query, as forms have them: a space is a plus sign.</summary>
internal static class UrlText
{
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var one in ByteText.Encode(text))
        {
            var c = (char)one;
            _ = char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '~'
                ? escaped.Append(c)
                : c == ' '
                    ? escaped.Append('+')
                    : escaped.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
        }

        return escaped.ToString();
    }

    public static string Unescape(string text)
    {
        var source = ByteText.Encode(text);
        var bytes = new List<byte>(source.Length);
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i] == '%')
            {
                var hex = System.Text.Encoding.UTF8.GetString(source.AsSpan(i, Math.Min(3, source.Length - i)));
                bytes.Add(hex.Length == 3 && hex.AsSpan(1).ToArray().All(char.IsAsciiHexDigit)
                    ? Convert.FromHexString(hex.AsSpan(1))[0]
                    : throw BuiltinError.Failed($"invalid URL escape {TermText.Quote(hex)}"));
                i += 2;
            }
            else
            {
                bytes.Add(source[i] == '+' ? (byte)' ' : source[i]);
            }
        }

        return ByteText.Decode(bytes.ToArray());
    }
}
