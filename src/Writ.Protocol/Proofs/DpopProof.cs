using System.Security.Cryptography;
using System.Text.Json;

namespace Writ.Protocol;

/// <summary>A proof of possession of a key, made for one request (RFC 9449 §4.2).</summary>
public sealed record DpopProof
{
    /// <summary>The media type (§4.2).</summary>
    public const string Typ = "dpop+jwt";

    private const int MaxJtiLength = 256;

    private DpopProof(Jwk key, string jti, string htm, string htu, DateTimeOffset issuedAt)
    {
        Key = key;
        Jti = jti;
        Htm = htm;
        Htu = htu;
        IssuedAt = issuedAt;
    }

    /// <summary>The thumbprint of the key: what a token's <c>cnf.jkt</c> must be (§6.1).</summary>
    public string Jkt => Key.Thumbprint;

    /// <summary>The key that was proven.</summary>
    public Jwk Key { get; }

    /// <summary><c>jti</c>: to be taken once.</summary>
    public string Jti { get; }

    /// <summary><c>htm</c></summary>
    public string Htm { get; }

    /// <summary><c>htu</c></summary>
    public string Htu { get; }

    /// <summary><c>iat</c></summary>
    public DateTimeOffset IssuedAt { get; }

    /// <summary><c>nonce</c></summary>
    public string? Nonce { get; private init; }

    /// <summary><c>ath</c></summary>
    public string? Ath { get; private init; }

    /// <summary>Checks a proof. The numbers in the code are those of the list in §4.3.</summary>
    /// <param name="header">
    /// The one value of the one <c>DPoP</c> header field (1: the caller counts the fields).
    /// </param>
    /// <param name="expected">What the proof must fit.</param>
    public static DpopOutcome Verify(string header, DpopExpectation expected)
    {
        // 2: a single well-formed JWT. A list of two would contain a comma, which no JWS does.
        if (!Jws.TryRead(header, JwsLimits.Default, out var jws, out var readError))
            return new DpopOutcome.Invalid(readError.Description);

        // 4, 5, 6, 7: type, algorithm, signature by the embedded key, which must be public.
        if (Proven(jws, expected.Keys, out var keyError) is not { } token)
            return new DpopOutcome.Invalid(keyError);

        // 3: all required claims.
        if (Read(token) is not { } proof)
            return new DpopOutcome.Invalid("jti, htm, htu or iat of the proof is missing or malformed");

        // 8: methods are case-sensitive (RFC 9110 §9.1).
        if (proof.Htm != expected.Method)
            return new DpopOutcome.Invalid("htm is not the method of this request");

        // 9
        if (!HttpUri.SameTarget(proof.Htu, expected.Uri))
            return new DpopOutcome.Invalid("htu is not the URI of this request");

        // 11
        if (proof.IssuedAt > expected.Now + expected.Skew)
            return new DpopOutcome.Invalid("the proof was made in the future");
        if (proof.IssuedAt < expected.Now - expected.MaxAge - expected.Skew)
            return new DpopOutcome.Invalid("the proof is too old");

        // 12: bound to the token that it comes with. Whether the token is bound to the key, the caller compares.
        if (expected.AccessToken is { } accessToken
            && (proof.Ath is not { } ath || !AccessTokenHash.Matches(ath, accessToken)))
        {
            return new DpopOutcome.Invalid("ath is not the hash of the access token");
        }

        // 10: last, so that only who holds a key and means this request is given a nonce.
        if (expected.NonceIsValid is { } isValid && (proof.Nonce is not { } nonce || !isValid(nonce)))
            return new DpopOutcome.NonceRequired();

        return new DpopOutcome.Valid(proof);
    }

    /// <summary>Makes a proof.</summary>
    /// <param name="key">The private key, on P-256 or P-384.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="uri">The URI of the request; query and fragment are cut off.</param>
    /// <param name="jti">A fresh random id.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="nonce">The server's last nonce, if it gave one.</param>
    /// <param name="accessToken">The token that goes with the proof, if one does.</param>
    public static string Create(
        ECDsa key, string method, string uri, string jti, DateTimeOffset now, string? nonce, string? accessToken) =>
        Create(new JwsSigner(key, null), method, uri, jti, now, nonce, accessToken);

    /// <summary>Makes a proof with a signer that the caller keeps: cheaper than making one each time.</summary>
    public static string Create(
        JwsSigner signer, string method, string uri, string jti, DateTimeOffset now, string? nonce, string? accessToken)
    {
        var end = uri.AsSpan().IndexOfAny('?', '#');
        var htu = end < 0 ? uri : uri[..end];
        var payload = JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("jti"u8, jti);
            writer.WriteString("htm"u8, method);
            writer.WriteString("htu"u8, htu);
            writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            if (nonce is not null)
                writer.WriteString("nonce"u8, nonce);
            if (accessToken is not null)
                writer.WriteString("ath"u8, AccessTokenHash.Of(accessToken));
            writer.WriteEndObject();
        });
        return signer.SignProof(Typ, payload);
    }

    private static JwsToken? Proven(UnverifiedJws jws, VerificationKeyCache? keys, out string error)
    {
        error = EmbeddedKey.TryVerify(jws, Typ, keys, out var token) ?? "";
        return token;
    }

    private static DpopProof? Read(JwsToken token)
    {
        var payload = token.Payload;
        if (StrictJson.TextOf(payload, "jti"u8) is not { Length: > 0 and <= MaxJtiLength } jti
            || StrictJson.TextOf(payload, "htm"u8) is not { Length: > 0 } htm
            || StrictJson.TextOf(payload, "htu"u8) is not { Length: > 0 } htu
            || !NumericDate.TryRead(payload, "iat"u8, out var issuedAt)
            || !IsTextOrAbsent(payload, "nonce"u8)
            || !IsTextOrAbsent(payload, "ath"u8))
        {
            return null;
        }

        return new DpopProof(token.Key, jti, htm, htu, issuedAt)
        {
            Nonce = StrictJson.TextOf(payload, "nonce"u8),
            Ath = StrictJson.TextOf(payload, "ath"u8),
        };
    }

    private static bool IsTextOrAbsent(JsonElement payload, ReadOnlySpan<byte> name) =>
        !payload.TryGetProperty(name, out var member) || member.ValueKind == JsonValueKind.String;
}
