using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;

namespace Writ.Server.Signing;

/// <summary>
/// Turns a grant into a token, given the receipt that it is recorded. What it made is read back as a stranger would,
/// and held against the grant, before it leaves.
/// </summary>
public sealed class Signer(SigningKeys keys)
{
    /// <summary>
    /// Signs with the key that the record names, which may have retired since; null where it was revoked since, or
    /// there was none. Throws for anything that cannot happen unless the broker is broken: such a token never leaves.
    /// </summary>
    public string? Sign(Grant grant, Receipt receipt, string? kid)
    {
        if (!string.Equals(grant.Digest, receipt.GrantDigest, StringComparison.Ordinal))
            throw new InvalidOperationException("The receipt is for another grant.");
        if (grant.What is not Granting.Token { Payload: var payload, Claims: var claims })
            throw new InvalidOperationException("The grant is not for a token.");
        using var span = Spans.Start("sign");
        span?.SetTag("writ.jti", claims.Jti).SetTag("writ.task", claims.TaskId).SetTag("writ.kid", kid);
        if (kid is null || keys.Signer(KeyPurpose.Token, kid) is not { } signer) return null;
        var token = signer.Sign(AccessTokenClaims.Typ, payload);
        HoldAgainst(payload, token, kid);
        return token;
    }

    private static void HoldAgainst(byte[] payload, string token, string kid)
    {
        var right = Jws.TryRead(token, JwsLimits.Default, out var unverified, out _)
            && string.Equals(unverified.Header.Kid, kid, StringComparison.Ordinal)
            && AccessTokenClaims.TryParseUnverified(unverified, out var read, out _)
            && read.ToPayload().AsSpan().SequenceEqual(payload);
        if (!right) throw new InvalidOperationException("A token does not read back as what was granted.");
    }
}
