using System.Collections.Immutable;

namespace Writ.Protocol;

/// <summary>A request to the token endpoint, parsed: one case for each grant type.</summary>
public abstract record TokenRequest
{
    private TokenRequest()
    {
    }

    /// <summary>What the form says about the client.</summary>
    public ClientCredentialsInBody Client { get; init; } = ClientCredentialsInBody.None;

    /// <summary><c>resource</c>: absolute URIs without fragment (RFC 8707 §2), distinct.</summary>
    public ImmutableArray<string> Resources { get; init; } = [];

    /// <summary><c>audience</c>: logical names (RFC 8693 §2.1), distinct.</summary>
    public ImmutableArray<string> Audiences { get; init; } = [];

    /// <summary><c>scope</c></summary>
    public RequestedScope? Scope { get; init; }

    /// <summary><c>authorization_details</c> (RFC 9396 §5)</summary>
    public Authority? AuthorizationDetails { get; init; }

    /// <summary><c>task</c>: the task to act under.</summary>
    public string? TaskId { get; init; }

    /// <summary><c>may_act</c>: the identity that shall be allowed to exchange the token.</summary>
    public string? MayAct { get; init; }

    /// <summary><c>approval</c>: a person's yes to this very request.</summary>
    public string? Approval { get; init; }

    /// <summary>The <c>grant_type</c> of the case.</summary>
    public abstract string GrantType { get; }

    /// <summary>Parses a form body.</summary>
    public static TokenRequestOutcome Parse(ReadOnlySpan<byte> form) =>
        FormBody.Read(form, out var body) is { } error
            ? new TokenRequestOutcome.Failed(error)
            : TokenRequestReader.Read(body);

    /// <summary>Parses a form body.</summary>
    public static TokenRequestOutcome Parse(string form) =>
        FormBody.Read(form, out var body) is { } error
            ? new TokenRequestOutcome.Failed(error)
            : TokenRequestReader.Read(body);

    /// <summary>Prints no credential (promise P6).</summary>
    public sealed override string ToString() => $"{GrantType} by {Client.ClientId ?? "?"}";

    /// <summary>RFC 6749 §4.4.</summary>
    public sealed record ClientCredentials : TokenRequest
    {
        /// <inheritdoc/>
        public override string GrantType => GrantTypes.ClientCredentials;
    }

    /// <summary>RFC 8693 §2.1.</summary>
    /// <param name="SubjectToken"><c>subject_token</c></param>
    /// <param name="SubjectTokenType"><c>subject_token_type</c></param>
    /// <param name="ActorToken"><c>actor_token</c></param>
    /// <param name="ActorTokenType"><c>actor_token_type</c>; there exactly when the actor token is.</param>
    /// <param name="RequestedTokenType"><c>requested_token_type</c></param>
    /// <param name="Ticket"><c>ticket</c>: an <see cref="ExchangeTicket"/>.</param>
    public sealed record TokenExchange(
        string SubjectToken,
        string SubjectTokenType,
        string? ActorToken,
        string? ActorTokenType,
        string? RequestedTokenType,
        string? Ticket) : TokenRequest
    {
        /// <inheritdoc/>
        public override string GrantType => GrantTypes.TokenExchange;
    }

    /// <summary>RFC 6749 §6.</summary>
    /// <param name="Token"><c>refresh_token</c></param>
    public sealed record RefreshToken(string Token) : TokenRequest
    {
        /// <inheritdoc/>
        public override string GrantType => GrantTypes.RefreshToken;
    }

    /// <summary>RFC 6749 §4.1.3, with PKCE (RFC 7636 §4.5) always.</summary>
    /// <param name="Code"><c>code</c></param>
    /// <param name="RedirectUri"><c>redirect_uri</c></param>
    /// <param name="CodeVerifier"><c>code_verifier</c></param>
    public sealed record AuthorizationCode(string Code, string? RedirectUri, string CodeVerifier) : TokenRequest
    {
        /// <inheritdoc/>
        public override string GrantType => GrantTypes.AuthorizationCode;
    }
}
