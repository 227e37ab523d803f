using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Callers;

/// <summary>
/// Finds out who calls the management API: an access token of ours, for the issuer as its only audience, and the key
/// that it is bound to, proven on this request.
/// </summary>
public sealed class TokenCallers(
    Settings settings, Registry registry, SigningKeys signingKeys, RevocationSet revoked,
    CallerAuthenticator proofs, TimeProvider time)
{
    private readonly VerifiedTokens _verified = new(time);

    /// <summary>Authenticates a management call.</summary>
    /// <param name="evidence">What the request offers.</param>
    /// <param name="takesBearer">Whether a token bound to no key suffices, of an identity with that exception.</param>
    /// <param name="cancel">Ends it.</param>
    public Task<CallerOutcome> AuthenticateAsync(
        CallerEvidence evidence, bool takesBearer = false, CancellationToken cancel = default) =>
        Spans.AreWanted ? TracedAsync(evidence, takesBearer, cancel) : FindOutAsync(evidence, takesBearer, cancel);

    private async Task<CallerOutcome> TracedAsync(CallerEvidence evidence, bool takesBearer, CancellationToken cancel)
    {
        using var span = Spans.Start("caller");
        var outcome = await FindOutAsync(evidence, takesBearer, cancel);
        outcome.TellTo(span);
        return outcome;
    }

    private async Task<CallerOutcome> FindOutAsync(
        CallerEvidence evidence, bool takesBearer, CancellationToken cancel)
    {
        var header = evidence.Authorization ?? "";
        var space = header.IndexOf(' ', StringComparison.Ordinal);
        if (space < 1) return Refused("there is no access token", "no_token", null);
        var scheme = header[..space];
        var text = header[(space + 1)..].Trim();
        if (Read(text) is not { } token)
            return Refused("the access token does not hold", "token_invalid", ClaimedBy(text));
        if (await registry.FindAsync(token.ClientId, cancel) is not { } principal)
            return Refused("the access token's client is gone", "unknown_client", token.ClientId);
        var (binding, once, error) = Prove(evidence, token, text, scheme);
        if (error is not null)
            return new CallerOutcome.Refused(error.WithStatus(401), "dpop_proof_invalid", token.ClientId);
        // Management calls want a bound token. The doors that other policy engines' clients know take a bearer token as
        // well: those clients can prove no key, and what they get is an answer.
        var isBearer = takesBearer && token.Confirmation is null && principal.Identity is { Bearer: true }
            && string.Equals(scheme, "Bearer", StringComparison.OrdinalIgnoreCase);
        if (binding is null && !isBearer)
            return Refused("the token's key is not proven", "key_not_proven", token.ClientId);
        var claims = new List<Claim> { new Claim.PrincipalCurrent(principal.Id, principal.Version) };
        if (once is not null) claims.Add(once);
        return new CallerOutcome.Authenticated(new Caller(principal, "access_token")
        {
            Binding = binding,
            Authority = token.Authority,
            Token = token,
            Address = evidence.Address,
            Claims = claims,
        });
    }

    /// <summary>
    /// One of our access tokens, verified and alive; null otherwise. Its audience is not judged here.
    /// </summary>
    public AccessTokenClaims? ReadAny(string text)
    {
        if (!_verified.TryGet(text, out var key, out var token, out var kid))
        {
            (token, kid) = Verify(text);
            if (token is not null) _verified.Add(key, text.Length, token, kid!);
        }
        return token is not null
            && token.ExpiresAt > time.GetUtcNow()
            && signingKeys.Verifier(KeyPurpose.Token, kid!) is not null
            && !revoked.IsRevoked(token, kid!, out _) ? token : null;
    }

    private (AccessTokenClaims?, string?) Verify(string text) =>
        Jws.TryRead(text, JwsLimits.Default, out var jws, out _)
            && jws.Header.Kid is { } kid
            && signingKeys.Verifier(KeyPurpose.Token, kid) is { } key
            && jws.TryVerify(key, JwsAlgorithms.Ours, AccessTokenClaims.Typ, out var token, out _)
            && AccessTokenClaims.TryParse(token, out var claims, out _)
            && string.Equals(claims.Issuer, settings.Issuer, StringComparison.Ordinal) ? (claims, kid) : default;

    /// <summary>Whose token it says that it is: for the record of a refusal, and for nothing else.</summary>
    private static string? ClaimedBy(string text) => Jws.TryRead(text, JwsLimits.Default, out var jws, out _)
        ? StrictJson.TextOf(jws.PayloadUnverified, "client_id"u8)
        : null;

    private AccessTokenClaims? Read(string text) =>
        ReadAny(text) is { Audience: [var audience] } token
            && string.Equals(audience, settings.Issuer, StringComparison.Ordinal) ? token : null;

    private (Confirmation?, Claim.Once?, OAuthError?) Prove(
        CallerEvidence evidence, AccessTokenClaims token, string text, string scheme)
    {
        var isDpop = string.Equals(scheme, "DPoP", StringComparison.OrdinalIgnoreCase);
        switch (token.Confirmation)
        {
            case Confirmation.Jkt when isDpop:
                var (binding, once, error) = proofs.ProveKey(evidence, text);
                // RFC 9449 §7.1: the proof's key is the one that the token is bound to.
                return error is null && !token.Confirmation.Equals(binding) ? default : (binding, once, error);
            case Confirmation.X5t when !isDpop && evidence.Certificate is { } certificate:
                var presented = CertificateCallers.BindingOf(certificate);
                return token.Confirmation.Equals(presented) ? (presented, null, null) : default;
            default:
                return default;
        }
    }

    private static CallerOutcome.Refused Refused(string message, string reason, string? claimed) =>
        new(OAuthError.InvalidToken(message, reason), reason, claimed);
}
