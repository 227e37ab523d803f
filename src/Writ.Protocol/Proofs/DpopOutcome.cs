namespace Writ.Protocol;

/// <summary>What <see cref="DpopProof.Verify"/> answers.</summary>
public abstract record DpopOutcome
{
    private DpopOutcome()
    {
    }

    /// <summary>
    /// The proof holds. Whether its <c>jti</c> is new (§11.1), and its key the one that the token is bound to (§7.1),
    /// the caller must still see to.
    /// </summary>
    public sealed record Valid(DpopProof Proof) : DpopOutcome;

    /// <summary>The proof is bad.</summary>
    /// <param name="Reason">Why, in fixed words.</param>
    public sealed record Invalid(string Reason) : DpopOutcome;

    /// <summary>The proof is good but for its nonce: answer <c>use_dpop_nonce</c> with a fresh one (§8).</summary>
    public sealed record NonceRequired : DpopOutcome;
}
