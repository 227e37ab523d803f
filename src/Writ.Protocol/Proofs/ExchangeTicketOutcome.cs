namespace Writ.Protocol;

/// <summary>What <see cref="ExchangeTicket.Verify"/> answers.</summary>
public abstract record ExchangeTicketOutcome
{
    private ExchangeTicketOutcome()
    {
    }

    /// <summary>The ticket holds. Whether its <c>jti</c> is new, the caller must still see to.</summary>
    public sealed record Valid(ExchangeTicket Ticket) : ExchangeTicketOutcome;

    /// <summary>The ticket is bad.</summary>
    /// <param name="Reason">Why, in fixed words.</param>
    public sealed record Invalid(string Reason) : ExchangeTicketOutcome;
}
