using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>The three parts of a compact JWS (RFC 7515 §7.1), decoded when asked for.</summary>
internal sealed record JwtToken(string Header, string Payload, string Signature)
{
    public byte[] SignedBytes => ByteText.Encode($"{Header}.{Payload}");

    public static JwtToken Parse(string text)
    {
        var parts = text.Split('.');
        return parts.Length switch
        {
            1 => throw BuiltinError.Failed("encoded JWT had no period separators"),
            3 => new JwtToken(parts[0], parts[1], parts[2]),
            _ => throw BuiltinError.Failed($"encoded JWT must have 3 sections, found {parts.Length}"),
        };
    }

    public RegoObject DecodeHeader()
    {
        var header = ObjectOf(ByteText.Decode(Decode("header", Header)));
        return header.TryGet("enc", out _)
            ? throw BuiltinError.Failed("JWT is a JWE object, which is not supported")
            : header;
    }

    public byte[] DecodeSignature() => Decode("signature", Signature);

    public string DecodePayload() => ByteText.Decode(Decode("payload", Payload));

    public static RegoObject ObjectOf(string json) => JsonBuiltins.TryParse(json) switch
    {
        RegoObject map => map,
        null => throw BuiltinError.Failed("invalid JSON in JWT: invalid character"),
        _ => throw BuiltinError.Failed("decoded JSON type was not an Object"),
    };

    private static byte[] Decode(string which, string text)
    {
        try
        {
            return Base64Text.DecodeUrl(text);
        }
        catch (BuiltinError error)
        {
            throw BuiltinError.Failed($"JWT {which} had invalid encoding: {error.Message}");
        }
    }
}
