using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>What a grant type makes of a request: something to decide, or an OAuth error.</summary>
public abstract record Resolved
{
    private Resolved() { }

    /// <summary>An ask with its facts, and what its record must say and claim besides.</summary>
    public sealed record Ready(Ask.Token Ask, Facts Facts, AuditEvent Event) : Resolved
    {
        /// <summary>Claims beyond the caller's own and the task's.</summary>
        public IReadOnlyList<Claim> Claims { get; init; } = [];

        /// <summary>The answer's <c>issued_token_type</c> (RFC 8693 §2.2.1).</summary>
        public string? IssuedTokenType { get; init; }

        /// <summary>Makes the refresh token that goes with the token, if one does.</summary>
        public Func<AccessTokenClaims, RefreshIssue?>? Refresh { get; init; }

        /// <summary>What happens when one of the claims turns out not to hold.</summary>
        public Func<ClaimFailure, IReadOnlyList<Claim>> IfClaimFails { get; init; } = _ => [];
    }

    /// <summary>The request cannot be decided: refused, and recorded.</summary>
    public sealed record Refused(OAuthError Error, AuditEvent Event) : Resolved
    {
        /// <summary>What happens besides: a family of refresh tokens dies, a finding is raised.</summary>
        public IReadOnlyList<Claim> Claims { get; init; } = [];
    }
}
