using System.Text;

namespace Writ.Protocol;

/// <summary>An error answer of an OAuth endpoint (RFC 6749 §5.2).</summary>
public sealed record OAuthError
{
    private OAuthError(string code, int status, string description, string? detail)
    {
        Code = code;
        Status = status;
        Description = Restrict(description);
        Detail = detail;
    }

    /// <summary><c>error</c></summary>
    public string Code { get; }

    /// <summary><c>error_description</c>, within the characters that RFC 6749 §5.2 allows.</summary>
    public string Description { get; }

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>After how long it is worth asking again (RFC 9110 §10.2.3), where that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The stable code of the finer reason, which the documentation explains.</summary>
    public string? Detail { get; }

    /// <summary>Missing, repeated or malformed parameter (RFC 6749 §5.2).</summary>
    public static OAuthError InvalidRequest(string description, string? detail = null) =>
        new("invalid_request", 400, description, detail);

    /// <summary>Client authentication failed (RFC 6749 §5.2).</summary>
    public static OAuthError InvalidClient(string description, string? detail = null) =>
        new("invalid_client", 401, description, detail);

    /// <summary>Grant, subject token, ticket or refresh token is not good (RFC 6749 §5.2).</summary>
    public static OAuthError InvalidGrant(string description, string? detail = null) =>
        new("invalid_grant", 400, description, detail);

    /// <summary>The grant type is not supported (RFC 6749 §5.2).</summary>
    public static OAuthError UnsupportedGrantType(string description, string? detail = null) =>
        new("unsupported_grant_type", 400, description, detail);

    /// <summary>The scope is malformed or beyond what may be had (RFC 6749 §5.2).</summary>
    public static OAuthError InvalidScope(string description, string? detail = null) =>
        new("invalid_scope", 400, description, detail);

    /// <summary>
    /// The resource or audience is malformed, unknown or not to be had (RFC 8707 §2, RFC 8693 §2.2.2).
    /// </summary>
    public static OAuthError InvalidTarget(string description, string? detail = null) =>
        new("invalid_target", 400, description, detail);

    /// <summary>The authorization details are malformed or not to be had (RFC 9396 §5).</summary>
    public static OAuthError InvalidAuthorizationDetails(string description, string? detail = null) =>
        new("invalid_authorization_details", 400, description, detail);

    /// <summary>Somebody has to approve it first: the same again, later (RFC 8628 §3.5).</summary>
    public static OAuthError AuthorizationPending(string description, string? detail = null) =>
        new("authorization_pending", 400, description, detail);

    /// <summary>Somebody said no (RFC 8628 §3.5).</summary>
    public static OAuthError AccessDenied(string description, string? detail = null) =>
        new("access_denied", 400, description, detail);

    /// <summary>The DPoP proof is missing or bad (RFC 9449 §5).</summary>
    public static OAuthError InvalidDpopProof(string description, string? detail = null) =>
        new("invalid_dpop_proof", 400, description, detail);

    /// <summary>The DPoP proof needs the nonce that the answer carries (RFC 9449 §8).</summary>
    public static OAuthError UseDpopNonce() =>
        new("use_dpop_nonce", 400, "the DPoP proof must carry the nonce of this answer", null);

    /// <summary>The access token is not good at this resource (RFC 6750 §3.1).</summary>
    public static OAuthError InvalidToken(string description, string? detail = null) =>
        new("invalid_token", 401, description, detail);

    /// <summary>The access token allows less than the request needs (RFC 6750 §3.1).</summary>
    public static OAuthError InsufficientScope(string description, string? detail = null) =>
        new("insufficient_scope", 403, description, detail);

    /// <summary>We cannot decide or record now (promises P1 and P9).</summary>
    public static OAuthError TemporarilyUnavailable(string description, string? detail = null) =>
        new("temporarily_unavailable", 503, description, detail);

    /// <summary>The same error at another status, where the place demands it (DPoP at a resource: 401).</summary>
    public OAuthError WithStatus(int status) =>
        new(Code, status, Description, Detail) { RetryAfter = RetryAfter };

    // %x20-21 / %x23-5B / %x5D-7E: printable ASCII without quotation mark and backslash.
    private static string Restrict(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            builder.Append(c switch
            {
                '"' => '\'',
                '\\' => '/',
                >= ' ' and <= '~' => c,
                _ => '?',
            });
        }

        return builder.ToString();
    }
}
