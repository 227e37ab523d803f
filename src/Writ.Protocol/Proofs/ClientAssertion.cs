namespace Writ.Protocol;

/// <summary>
/// How a client proves itself with its key: <c>private_key_jwt</c> (RFC 7523 §2.2 and §3, as tightened by
/// draft-ietf-oauth-rfc7523bis: the issuer is the sole audience).
/// </summary>
public sealed record ClientAssertion
{
    /// <summary>The media type (rfc7523bis, update of §3.2).</summary>
    public const string Typ = "client-authentication+jwt";

    private const int MaxJtiLength = 256;

    private ClientAssertion(string clientId, string jti, DateTimeOffset expiresAt, Jwk key)
    {
        ClientId = clientId;
        Jti = jti;
        ExpiresAt = expiresAt;
        Key = key;
    }

    /// <summary><c>iss</c> and <c>sub</c>.</summary>
    public string ClientId { get; }

    /// <summary><c>jti</c>: to be taken once, until <see cref="ExpiresAt"/> and the skew have passed.</summary>
    public string Jti { get; }

    /// <summary><c>exp</c></summary>
    public DateTimeOffset ExpiresAt { get; }

    /// <summary>The client's key that signed.</summary>
    public Jwk Key { get; }

    /// <summary>Verifies an assertion.</summary>
    /// <param name="jws">The assertion.</param>
    /// <param name="keys">The keys registered for that client, and no others.</param>
    /// <param name="expected">What it must fit.</param>
    public static ClientAssertionOutcome Verify(
        UnverifiedJws jws, KeyRing keys, ClientAssertionExpectation expected)
    {
        // Older clients send JWT or nothing; any other type is some other token put here (RFC 8725 §3.11).
        if (jws.Header.Typ is not null && !jws.Header.HasType(Typ) && !jws.Header.HasType("JWT"))
            return new ClientAssertionOutcome.Invalid(JoseError.WrongType.Description);
        if (!jws.TryVerify(keys, JwsAlgorithms.All, null, out var token, out var error))
            return new ClientAssertionOutcome.Invalid(error.Description);

        var reason = Read(token, expected, out var assertion);
        return reason is null
            ? new ClientAssertionOutcome.Valid(assertion!)
            : new ClientAssertionOutcome.Invalid(reason);
    }

    /// <summary>Makes an assertion.</summary>
    /// <param name="signer">The client's key; its <c>kid</c> goes into the header.</param>
    /// <param name="clientId">The client.</param>
    /// <param name="issuer">The broker's issuer identifier.</param>
    /// <param name="jti">A fresh random id.</param>
    /// <param name="now">The present moment.</param>
    /// <param name="lifetime">At most five minutes, or the broker refuses.</param>
    public static string Create(
        JwsSigner signer, string clientId, string issuer, string jti, DateTimeOffset now, TimeSpan lifetime)
    {
        var payload = JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("iss"u8, clientId);
            writer.WriteString("sub"u8, clientId);
            writer.WriteString("aud"u8, issuer);
            writer.WriteString("jti"u8, jti);
            writer.WriteNumber("iat"u8, now.ToUnixTimeSeconds());
            writer.WriteNumber("exp"u8, (now + lifetime).ToUnixTimeSeconds());
            writer.WriteEndObject();
        });
        return signer.Sign(Typ, payload);
    }

    /// <summary>Who the assertion says it is, to find the keys to verify it with. Proves nothing.</summary>
    public static string? PeekClientId(UnverifiedJws jws) => StrictJson.TextOf(jws.PayloadUnverified, "sub"u8);

    private static string? Read(
        JwsToken token, ClientAssertionExpectation expected, out ClientAssertion? assertion)
    {
        assertion = null;
        var payload = token.Payload;

        // RFC 7523 §3, items 1 and 2B: iss and sub are both the client.
        if (StrictJson.TextOf(payload, "iss"u8) != expected.ClientId
            || StrictJson.TextOf(payload, "sub"u8) != expected.ClientId)
        {
            return "iss and sub of the client assertion must both be the client";
        }

        // rfc7523bis, item 3(b): one plain string, compared as text. An array is refused even with one element.
        if (StrictJson.TextOf(payload, "aud"u8) != expected.Issuer)
            return "aud of the client assertion must be the issuer and nothing else";
        if (!TryTimes(token, out var times))
            return "exp of the client assertion is missing, or a time is malformed";
        if (times.ExpiresAt <= expected.Now - expected.Skew)
            return "the client assertion has expired";
        if (times.ExpiresAt > expected.Now + expected.MaxLifetime + expected.Skew)
            return "the client assertion lives too long";
        if (times.NotBefore > expected.Now + expected.Skew || times.IssuedAt > expected.Now + expected.Skew)
            return "the client assertion is from the future";
        // Without iat it is as old as its exp allows.
        if (expected.MadeAfter > DateTimeOffset.MinValue
            && (times.IssuedAt ?? times.ExpiresAt - expected.MaxLifetime) <= expected.MadeAfter)
        {
            return "the client assertion was made before this broker was restored: make a new one";
        }

        if (StrictJson.TextOf(payload, "jti"u8) is not { Length: > 0 and <= MaxJtiLength } jti)
            return "jti of the client assertion is missing or malformed";

        assertion = new ClientAssertion(expected.ClientId, jti, times.ExpiresAt, token.Key);
        return null;
    }

    private static bool TryTimes(
        JwsToken token,
        out (DateTimeOffset ExpiresAt, DateTimeOffset? NotBefore, DateTimeOffset? IssuedAt) times)
    {
        times = default;
        if (!NumericDate.TryRead(token.Payload, "exp"u8, out var expiresAt)
            || !NumericDate.TryReadOptional(token.Payload, "nbf"u8, out var notBefore)
            || !NumericDate.TryReadOptional(token.Payload, "iat"u8, out var issuedAt))
        {
            return false;
        }

        times = (expiresAt, notBefore, issuedAt);
        return true;
    }
}
