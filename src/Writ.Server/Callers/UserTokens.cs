using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Keys;

namespace Writ.Server.Callers;

/// <summary>
/// Verifies tokens of people from the issuers that the configuration names: who stands behind a task. A user becomes a
/// SPIFFE id, <c>spiffe://domain/user/ISSUER/SUBJECT</c>; text that does not fit a path travels in hex.
/// </summary>
public sealed class UserTokens(Settings settings, IReadOnlyList<TrustedIssuer> issuers, TimeProvider time)
{
    /// <summary>The user whom a token proves, for one agent that presents it; or why it proves nobody.</summary>
    public async Task<(ProvenUser? User, string? Error)> VerifyAsync(
        string token, string tokenType, string agent, CancellationToken cancel)
    {
        if (!Jws.TryRead(token, JwsLimits.Default, out var jws, out _)) return (null, "the user's token is malformed");
        var claimed = StrictJson.TextOf(jws.PayloadUnverified, "iss"u8);
        var issuer = issuers.FirstOrDefault(i => string.Equals(i.Configured.Issuer, claimed, StringComparison.Ordinal));
        if (issuer is null) return (null, "the user's issuer is not trusted");
        if (!HasType(jws.Header, tokenType)) return (null, "the user's token has the wrong type");
        if (await issuer.KeysAsync(jws.Header.Kid, cancel) is not { } keys)
            return (null, "the user's issuer cannot be reached");
        if (!jws.TryVerify(keys, JwsAlgorithms.All, null, out var verified, out _))
            return (null, "the user's token does not hold");
        if (Judge(verified, issuer.Configured) is { } error) return (null, error);
        if (issuer.Configured.AllowedAgents.Count > 0
            && !issuer.Configured.AllowedAgents.Contains(agent, StringComparer.Ordinal))
            return (null, "this agent may not present users of that issuer");
        NumericDate.TryRead(verified.Payload, "exp"u8, out var expires);
        var subject = StrictJson.TextOf(verified.Payload, Encoding.UTF8.GetBytes(issuer.Configured.SubjectClaim))!;
        return (new ProvenUser(IdOf(issuer.Configured.Name, subject), expires), null);
    }

    // RFC 8725 §3.11: a token of another type is not an identity; ours, and proofs, have types of their own.
    private static bool HasType(JwsHeader header, string tokenType) => tokenType switch
    {
        TokenTypeUri.IdToken => header.Typ is null || header.HasType("JWT"),
        TokenTypeUri.Jwt => header.Typ is null || header.HasType("JWT") || header.HasType(AccessTokenClaims.Typ),
        _ => false,
    };

    private string? Judge(JwsToken token, UserIssuer issuer)
    {
        var now = time.GetUtcNow();
        // Without the tolerance for clocks: what is made from it ends with it.
        if (!NumericDate.TryRead(token.Payload, "exp"u8, out var expires) || expires <= now)
            return "the user's token has expired";
        if (!NumericDate.TryReadOptional(token.Payload, "nbf"u8, out var notBefore) || notBefore > now + settings.Skew)
            return "the user's token is not valid yet";
        // RFC 7800 §3: bound to a key of the user's client, which nobody can prove here.
        if (token.Payload.TryGetProperty("cnf"u8, out _)) return "the user's token is bound to another's key";
        if (!HasAudience(token.Payload, issuer.Audience)) return "the user's token is for another audience";
        var claim = Encoding.UTF8.GetBytes(issuer.SubjectClaim);
        return StrictJson.TextOf(token.Payload, claim) is { Length: > 0 and <= 256 }
            ? null
            : "the user's token names no user";
    }

    private static bool HasAudience(JsonElement payload, string audience)
    {
        if (!payload.TryGetProperty("aud"u8, out var aud)) return false;
        return aud.ValueKind switch
        {
            JsonValueKind.String => aud.ValueEquals(audience),
            JsonValueKind.Array =>
                aud.EnumerateArray().Any(a => a.ValueKind is JsonValueKind.String && a.ValueEquals(audience)),
            _ => false,
        };
    }

    private string IdOf(string issuer, string subject)
    {
        var plain = subject.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            && subject is not ("." or "..") && !subject.StartsWith("x-", StringComparison.Ordinal);
        var segment = plain ? subject : "x-" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(subject));
        return SpiffeId.Of(settings.TrustDomain, "user", issuer, segment).ToString();
    }
}

/// <summary>A user who has been proven, until their token ends.</summary>
public sealed record ProvenUser(string Id, DateTimeOffset ExpiresAt);
