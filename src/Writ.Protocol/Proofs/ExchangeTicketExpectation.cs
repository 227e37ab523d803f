namespace Writ.Protocol;

/// <summary>What an exchange ticket must fit.</summary>
/// <param name="Issuer">The broker's issuer identifier, from configuration.</param>
/// <param name="Actor">The authenticated client that wants to exchange.</param>
/// <param name="Resources">The audiences that it asks for.</param>
/// <param name="SubjectToken">The token that it presents.</param>
/// <param name="Jkt">The key that the subject token is bound to (<c>cnf.jkt</c>).</param>
/// <param name="Now">The present moment.</param>
/// <param name="Skew">How far two clocks may differ.</param>
/// <param name="Keys">Keys ready for use; null imports the ticket's key each time.</param>
public sealed record ExchangeTicketExpectation(
    string Issuer,
    string Actor,
    IReadOnlyCollection<string> Resources,
    string SubjectToken,
    string Jkt,
    DateTimeOffset Now,
    TimeSpan Skew,
    VerificationKeyCache? Keys)
{
    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"ticket for {Actor}";
}
