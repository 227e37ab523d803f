using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>What somebody asks for, resolved to values. Facts come beside it (<see cref="Facts"/>).</summary>
public abstract record Ask
{
    private Ask() { }

    /// <summary>The id that the decision, its record and its answer will bear.</summary>
    public required string DecisionId { get; init; }

    /// <summary>What is asked by somebody whom we know.</summary>
    public abstract record ByCaller : Ask
    {
        private protected ByCaller() { }

        /// <summary>Who asks, with what they have proven.</summary>
        public required Caller Caller { get; init; }
    }

    /// <summary>A token of one task, for some audience.</summary>
    public sealed record Token : ByCaller
    {
        public required string GrantType { get; init; }
        public required string Jti { get; init; }
        /// <summary>The subject: the caller itself, or whoever stands at the start of the chain.</summary>
        public required string Subject { get; init; }
        public required ActorChain Actors { get; init; }
        public required Requested Requested { get; init; }
        /// <summary>The task named, or the one that opens with the token.</summary>
        public TaskRow? Task { get; init; }
        /// <summary>The task is opened by this very request (implicit, or the child of an exchange).</summary>
        public bool OpensTask { get; init; }
        /// <summary>The token that is handed on, in an exchange.</summary>
        public AccessTokenClaims? Parent { get; init; }
        /// <summary>The family of refresh tokens that it comes from: one more handle that kills it.</summary>
        public string? Family { get; init; }
        /// <summary>What an earlier grant allowed, which a refresh cannot exceed.</summary>
        public Authority? AtMost { get; init; }
        /// <summary>The end of what it is made from: a user's token, or a family of refresh tokens.</summary>
        public DateTimeOffset? EndsBy { get; init; }
        /// <summary>The one identity to which the token may be handed on.</summary>
        public string? MayAct { get; init; }
    }

    /// <summary>A new task.</summary>
    public sealed record WorkToOpen : ByCaller
    {
        public required TaskRow Task { get; init; }
        public required Requested Requested { get; init; }
        /// <summary>The end of the token that proves the user behind it.</summary>
        public DateTimeOffset? EndsBy { get; init; }
    }

    /// <summary>An administrative act.</summary>
    public sealed record Act : ByCaller
    {
        /// <summary>Of the management resource: <c>identity:create</c>.</summary>
        public required string Action { get; init; }
        public required ActTarget Target { get; init; }
        /// <summary>It keeps something alive, though whoever may do it may also end that.</summary>
        public bool KeepsAlive { get; init; }
        /// <summary>The request as it was sent: an approval is for these very parameters.</summary>
        public SentRequest Sent { get; init; } = SentRequest.Nothing;
        /// <summary>The request for an approval that this act decides; null: it decides none.</summary>
        public ApprovalRow? Decides { get; init; }
    }

    /// <summary>Whether somebody may do something. The answer gives nothing: whoever asks enforces it.</summary>
    public sealed record Access : ByCaller
    {
        public required AccessQuestion Question { get; init; }
    }

    /// <summary>The end of a token, or of a family of refresh tokens, at the OAuth endpoint for it.</summary>
    public sealed record TokenRevocation : ByCaller
    {
        /// <summary>What its tokens carry: a <c>jti</c>, or the family's name.</summary>
        public required string Handle { get; init; }
        /// <summary>The client to which it was issued.</summary>
        public required string Client { get; init; }
    }

    /// <summary>An operator's key, by a one-time code. Whoever sends it is nobody yet: the code speaks for its
    /// maker.</summary>
    public sealed record Enrolment : Ask
    {
        public required EnrolmentRow Code { get; init; }
        /// <summary>The operator whom it makes, or gives a further key.</summary>
        public required string Id { get; init; }
        /// <summary>The key, proven on this request.</summary>
        public required string KeyThumbprint { get; init; }
    }
}

/// <summary>The authority that a request names: details, or scope and audiences, or both.</summary>
/// <param name="Authority">RFC 9396 details, or null.</param>
/// <param name="Scope">RFC 6749 §3.3, or null.</param>
/// <param name="Audiences">URIs or registered names of resources (RFC 8707).</param>
public sealed record Requested(Authority? Authority, RequestedScope? Scope, IReadOnlyList<string> Audiences)
{
    public static readonly Requested Nothing = new(null, null, []);
}

/// <summary>What an administrative act touches, and what it would give away.</summary>
/// <param name="Name">Kind and name, as records show it: <c>identity spiffe://…</c>.</param>
/// <param name="Team">The team whose scope is needed; null: the trust domain's.</param>
/// <param name="Owner">The identity or operator that owns it, who may do some acts on it.</param>
/// <param name="Gives">A role that the act hands out, held against the caller's own.</param>
/// <param name="GivesAuthority">Entitlements that the act hands out, held against the caller's team.</param>
public sealed record ActTarget(
    string Name, string? Team, string? Owner = null, Gift? Gives = null, Authority? GivesAuthority = null)
{
    /// <summary>Further teams whose scope is needed: where a thing moves to, those of agents it names.</summary>
    public IReadOnlyList<string> OtherTeams { get; init; } = [];

    /// <summary>Places at one of which an identity must be entitled to the act: it is no act on what is its own. None:
    /// it is.</summary>
    public IReadOnlyList<string>? At { get; init; }

    /// <summary>Nobody but its owner may do this, whatever their role: an operator's own keys.</summary>
    public bool OwnerOnly { get; init; }
}

/// <summary>A role given to somebody.</summary>
public sealed record Gift(string Role, string? Team);
