using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Encoding;

/// <summary>Base 64, hexadecimal and the query part of URLs.</summary>
internal static class EncodingBuiltins
{
    private const string Text = "(string) => string";

    public static IEnumerable<Builtin> All =>
    [
        new("base64.encode", Text, (_, a) => RegoString.Of(Base64Text.Encode(Bytes(a)))),
        new("base64.decode", Text, (_, a) => RegoString.OfUtf8(Base64Text.Decode(a.Text(0), isUrl: false))),
        new("base64.is_valid", "(string) => boolean", (_, a) => RegoBoolean.Of(IsBase64(a[0]))),
        new("base64url.encode", Text, (_, a) => RegoString.Of(Base64Text.EncodeUrl(Bytes(a)))),
        new("base64url.encode_no_pad", Text, (_, a) => RegoString.Of(Base64Text.EncodeUrl(Bytes(a)).TrimEnd('='))),
        new("base64url.decode", Text, (_, a) => RegoString.OfUtf8(Base64Text.DecodeUrl(a.Text(0)))),
        new("hex.encode", Text, (_, a) => RegoString.Of(Convert.ToHexStringLower(Bytes(a)))),
        new("hex.decode", Text, (_, a) => RegoString.OfUtf8(FromHex(a.Text(0)))),
        new("urlquery.encode", Text, (_, a) => RegoString.Of(UrlText.Escape(a.Text(0)))),
        new("urlquery.decode", Text, (_, a) => RegoString.Of(UrlText.Unescape(a.Text(0)))),
        new(
            "urlquery.encode_object",
            "(object[string: any<string, array[string], set[string]>]) => string",
            EncodeObject),
        new("urlquery.decode_object", "(string) => object[string: array[string]]", DecodeObject),
    ];

    private static byte[] Bytes(Operands a) => ByteText.Encode(a.Text(0));

    private static bool IsBase64(RegoValue value)
    {
        try
        {
            return value is RegoString text && Base64Text.Decode(text.Value, isUrl: false) is not null;
        }
        catch (BuiltinError)
        {
            return false;
        }
    }

    private static byte[] FromHex(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!rune.IsAscii || !char.IsAsciiHexDigit((char)rune.Value))
            {
                var point = rune.Value.ToString("X4", CultureInfo.InvariantCulture);
                throw BuiltinError.Failed($"encoding/hex: invalid byte: U+{point} '{rune}'");
            }
        }

        return text.Length % 2 == 0
            ? Convert.FromHexString(text)
            : throw BuiltinError.Failed("encoding/hex: odd length hex string");
    }

    private static RegoString EncodeObject(BuiltinContext context, Operands a)
    {
        var pairs = new List<string>();
        foreach (var (key, value) in a.Object(0))
        {
            var name = UrlText.Escape((key as RegoString)?.Value ?? key.ToJson());
            foreach (var item in value switch
            {
                RegoString => [value],
                RegoArray array => array.Span.ToArray(),
                RegoSet set => set.ToArray(),
                _ => throw WrongValues(),
            })
            {
                pairs.Add($"{name}={UrlText.Escape((item as RegoString ?? throw WrongValues()).Value)}");
            }
        }

        return RegoString.Of(string.Join('&', pairs));
    }

    private static BuiltinError WrongValues() =>
        Operands.Invalid(0, "values must be string, array[string], or set[string]");

    private static RegoObject DecodeObject(BuiltinContext context, Operands a)
    {
        var members = new Dictionary<string, List<RegoValue>>(StringComparer.Ordinal);
        foreach (var pair in a.Text(0).Split('&').Where(pair => pair.Length > 0))
        {
            if (pair.Contains(';', StringComparison.Ordinal))
            {
                throw BuiltinError.Failed("invalid semicolon separator in query");
            }

            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var key = UrlText.Unescape(equals < 0 ? pair : pair[..equals]);
            var value = RegoString.Of(UrlText.Unescape(equals < 0 ? "" : pair[(equals + 1)..]));
            if (!members.TryGetValue(key, out var values))
            {
                members.Add(key, values = []);
            }

            values.Add(value);
        }

        var decoded = new RegoObject.Builder(members.Count);
        foreach (var (key, values) in members)
        {
            decoded.Set(RegoString.Of(key), RegoArray.Own([.. values]));
        }

        return decoded.Build();
    }
}
