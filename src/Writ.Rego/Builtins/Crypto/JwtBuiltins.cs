using System.Security.Cryptography;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Encoding;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Crypto;

/// <summary>JSON Web Tokens: decode, verify, sign.</summary>
internal static class JwtBuiltins
{
    private const string Object = "object[any: any]";
    private const string Named = "object[string: any]";
    private const int MaxNesting = 16;

    public static IEnumerable<Builtin> All =>
    [
        .. JwtAlgorithm.All.Select(algorithm => new Builtin(
            $"io.jwt.verify_{algorithm.Name.ToLowerInvariant()}", "(string, string) => boolean", (_, a) =>
                RegoBoolean.Of(IsVerified(algorithm, a.Text(0), a.Text(1))))),
        new("io.jwt.decode", $"(string) => array<{Object}, {Object}, string>", (_, a) => Decode(a.Text(0), 0)),
        new("io.jwt.decode_verify", $"(string, {Named}) => array<boolean, {Object}, {Object}>", DecodeAndVerify)
        {
            IsDeterministic = false,
        },
        new("io.jwt.encode_sign", $"({Named}, {Named}, {Named}) => string", (_, a) =>
            Sign(a[0].ToJson(), a[1].ToJson(), a[2].ToJson()))
        {
            IsDeterministic = false,
        },
        new("io.jwt.encode_sign_raw", "(string, string, string) => string", (_, a) =>
            Sign(a.Text(0), a.Text(1), a.Text(2)))
        {
            IsDeterministic = false,
        },
    ];

    private static RegoArray Unverified { get; } =
        RegoArray.Of(RegoBoolean.False, RegoObject.Empty, RegoObject.Empty);

    private static RegoArray Decode(string text, int depth)
    {
        var token = JwtToken.Parse(text);
        var header = token.DecodeHeader();
        var payload = token.DecodePayload();
        if (header.TryGet("cty", out var type) && type is RegoString { Value: "JWT" })
        {
            return depth < MaxNesting
                ? Decode(payload.Trim('"', '\''), depth + 1)
                : throw BuiltinError.Failed("tokens are nested too deeply");
        }

        return RegoArray.Of(
            header, JwtToken.ObjectOf(payload), RegoString.Of(Convert.ToHexStringLower(token.DecodeSignature())));
    }

    private static bool IsVerified(JwtAlgorithm algorithm, string text, string key)
    {
        var token = JwtToken.Parse(text);
        if (algorithm.Family is JwtFamily.Hmac)
        {
            return algorithm.Verify(
                new JwtKey(ByteText.Encode(key), null, null), token.SignedBytes, token.DecodeSignature());
        }

        var keys = JwtKey.ReadShared(key);
        var signature = token.DecodeSignature();
        var header = JwtHeader.Of(token.DecodeHeader());
        return VerifiesByAny(keys, header, one => algorithm.Verify(one, token.SignedBytes, signature));
    }

    /// <summary>The key that the header names, if it is there; else any whose algorithm is not another one.</summary>
    private static bool VerifiesByAny(List<JwtKey> keys, JwtHeader header, Func<JwtKey, bool> verify)
    {
        if (header.KeyId.Length > 0 && keys.Find(key => key.KeyId == header.KeyId) is { } named)
        {
            return verify(named);
        }

        return keys.Exists(key =>
            (string.IsNullOrEmpty(key.Algorithm) || key.Algorithm == header.Algorithm) && verify(key));
    }

    private static RegoArray DecodeAndVerify(BuiltinContext context, Operands a)
    {
        var constraints = new JwtConstraints(context, a.Object(1));
        var text = a.Text(0);
        for (var depth = 0; depth < MaxNesting; depth++)
        {
            var token = JwtToken.Parse(text);
            var decoded = token.DecodeHeader();
            var header = JwtHeader.Of(decoded);
            if (!header.IsAcceptable || (constraints.Algorithm.Length > 0 && constraints.Algorithm != header.Algorithm))
            {
                return Unverified;
            }

            if (!IsSignedAsAsked(constraints, token, header))
            {
                return Unverified;
            }

            var payload = token.DecodePayload();
            if (!header.ContentType.Equals("JWT", StringComparison.OrdinalIgnoreCase))
            {
                var claims = JwtToken.ObjectOf(payload);
                return constraints.AreMet(claims) ? RegoArray.Of(RegoBoolean.True, decoded, claims) : Unverified;
            }

            text = payload;
        }

        throw BuiltinError.Failed("tokens are nested too deeply");
    }

    private static bool IsSignedAsAsked(JwtConstraints constraints, JwtToken token, JwtHeader header)
    {
        var signature = token.DecodeSignature();
        if (JwtAlgorithm.Find(header.Algorithm) is not { } algorithm)
        {
            return false;
        }

        if (constraints.Keys is null)
        {
            var secret = new JwtKey(ByteText.Encode(constraints.Secret), null, null);
            return algorithm.Verify(secret, token.SignedBytes, signature);
        }

        return VerifiesByAny(constraints.Keys, header, key => algorithm.Verify(key, token.SignedBytes, signature));
    }

    private static RegoString Sign(string header, string payload, string jwk)
    {
        var key = JwtKey.ReadFirst(jwk);
        var members = JsonBuiltins.TryParse(header) as RegoObject
            ?? throw BuiltinError.Failed("invalid character in JWT header: not a JSON object");
        var name = members.TryGet("alg", out var value) ? (value as RegoString)?.Value : null;
        var algorithm = JwtAlgorithm.Find(name ?? "")
            ?? throw BuiltinError.Failed($"unsupported signature algorithm {TermText.Quote(name ?? "")}");
        var type = members.TryGet("typ", out var typ) ? (typ as RegoString)?.Value : null;
        if (type is null or "JWT" && JsonBuiltins.TryParse(payload) is null)
        {
            throw BuiltinError.Failed("type is JWT but payload is not JSON");
        }

        var signed = $"{Encode(ByteText.Encode(header))}.{Encode(ByteText.Encode(payload))}";
        try
        {
            return RegoString.Of($"{signed}.{Encode(algorithm.Sign(key, ByteText.Encode(signed)))}");
        }
        catch (CryptographicException error)
        {
            throw BuiltinError.Failed($"failed to sign: {error.Message}");
        }
    }

    private static string Encode(byte[] bytes) => Base64Text.EncodeUrl(bytes).TrimEnd('=');
}
