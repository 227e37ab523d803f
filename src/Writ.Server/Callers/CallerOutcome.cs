using Writ.Protocol;

namespace Writ.Server.Callers;

/// <summary>Whether a request proved who sends it.</summary>
public abstract record CallerOutcome
{
    private CallerOutcome() { }

    public sealed record Authenticated(Caller Caller) : CallerOutcome;

    /// <summary>It did not. <see cref="Claimed"/> is who it said it was, for the record and nothing else.</summary>
    public sealed record Refused(OAuthError Error, string Reason, string? Claimed) : CallerOutcome;
}
