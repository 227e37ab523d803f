namespace Writ.Protocol;

/// <summary>What <see cref="ClientAssertion.Verify"/> answers.</summary>
public abstract record ClientAssertionOutcome
{
    private ClientAssertionOutcome()
    {
    }

    /// <summary>The assertion holds. Whether its <c>jti</c> is new, the caller must still see to.</summary>
    public sealed record Valid(ClientAssertion Assertion) : ClientAssertionOutcome;

    /// <summary>The assertion is bad.</summary>
    /// <param name="Reason">Why, in fixed words.</param>
    public sealed record Invalid(string Reason) : ClientAssertionOutcome;
}
