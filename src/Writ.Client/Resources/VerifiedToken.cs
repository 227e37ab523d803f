using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// The claims of a token whose signature, issuer and audience hold. Only <see cref="TokenVerifier"/> makes one.
/// </summary>
public sealed class VerifiedToken
{
    internal VerifiedToken(AccessTokenClaims claims, string kid)
    {
        Claims = claims;
        Kid = kid;
        Handles = [.. claims.Handles(kid)];
    }

    /// <summary>The claims.</summary>
    public AccessTokenClaims Claims { get; }

    /// <summary>The key that signed it.</summary>
    public string Kid { get; }

    /// <summary>Who acts: the current actor, or the subject itself.</summary>
    public string Actor => Claims.Actors.Current ?? Claims.Subject;

    // Every name by which it can be revoked, gathered once: the set is asked on every request.
    internal RevocationHandle[] Handles { get; }
}
