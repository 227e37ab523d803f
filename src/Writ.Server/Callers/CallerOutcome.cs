using System.Diagnostics;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Callers;

/// <summary>Whether a request proved who sends it.</summary>
public abstract record CallerOutcome
{
    private CallerOutcome() { }

    public sealed record Authenticated(Caller Caller) : CallerOutcome;

    /// <summary>It did not. <see cref="Claimed"/> is who it said it was, for the record and nothing else.</summary>
    public sealed record Refused(OAuthError Error, string Reason, string? Claimed) : CallerOutcome;

    internal void TellTo(Activity? span) => span?.Tell(this is Authenticated, (this as Refused)?.Reason);
}
