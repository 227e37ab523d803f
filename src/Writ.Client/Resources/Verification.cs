namespace Writ.Client;

/// <summary>What <see cref="TokenVerifier.Verify"/> answers.</summary>
public abstract record Verification
{
    private Verification()
    {
    }

    /// <summary>The token holds, now, for who presented it.</summary>
    public sealed record Verified(VerifiedToken Token) : Verification;

    /// <summary>It does not.</summary>
    public sealed record Refused(TokenRefusal Refusal) : Verification;

    /// <summary>
    /// All holds, but the revocation feed is silent: ask the broker, or refuse. The proof is used up.
    /// </summary>
    public sealed record Stale(VerifiedToken Token) : Verification;

    /// <summary>The issuer's key is not known: fetch its keys and try again. The proof is not used up.</summary>
    public sealed record UnknownKey : Verification;
}
