namespace Writ.Client;

/// <summary>
/// Work handed to another agent: our token and a word, signed with the token's key, that this one agent may exchange
/// it once within a minute. Useless to anybody else.
/// </summary>
/// <param name="SubjectToken">The token to be exchanged.</param>
/// <param name="Ticket">The signed word (<c>writ-ticket+jwt</c>); null when the token's <c>may_act</c> does.</param>
/// <param name="Resource">The audience that the exchange may ask for.</param>
public sealed record HandedOn(string SubjectToken, string? Ticket, string Resource)
{
    /// <summary>Prints no token (promise P6).</summary>
    public override string ToString() => $"work at {Resource}";
}
