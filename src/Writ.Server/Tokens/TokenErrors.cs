using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>Reasons of refusal as OAuth errors. The reason's code travels as <c>code</c>.</summary>
internal static class TokenErrors
{
    public static OAuthError Of(Reason reason, Ask.Token? ask = null) => reason.Code switch
    {
        "unknown_audience" or "mixed_audience" => OAuthError.InvalidTarget(reason.Message, reason.Code),
        "task_not_open" or "not_your_task" or "task_required" => OAuthError.InvalidGrant(reason.Message, reason.Code),
        "identity_not_active" => OAuthError.InvalidClient(reason.Message, reason.Code),
        "key_binding_required" => OAuthError.InvalidDpopProof(reason.Message, reason.Code),
        "chain_too_deep" => OAuthError.InvalidRequest(reason.Message, reason.Code),
        "facts_changed" or "too_soon" =>
            OAuthError.TemporarilyUnavailable(reason.Message, reason.Code) with { RetryAfter = reason.RetryAfter },
        "too_many_tokens" => OAuthError.TemporarilyUnavailable(reason.Message, reason.Code)
            .WithStatus(StatusCodes.Status429TooManyRequests),
        "approval_required" => OAuthError.AuthorizationPending(reason.Message, reason.Code),
        "approval_denied" => OAuthError.AccessDenied(reason.Message, reason.Code),
        "approval_used" or "approval_expired" => OAuthError.InvalidGrant(reason.Message, reason.Code),
        _ when ask?.Requested.Authority is not null =>
            OAuthError.InvalidAuthorizationDetails(reason.Message, reason.Code),
        _ => OAuthError.InvalidScope(reason.Message, reason.Code),
    };

    public static OAuthError Of(ClaimFailure failure) => failure.Code switch
    {
        "assertion_replayed" => OAuthError.InvalidClient(failure.Message, failure.Code),
        "proof_replayed" => OAuthError.InvalidDpopProof(failure.Message, failure.Code),
        "approval_denied" => OAuthError.AccessDenied(failure.Message, failure.Code),
        "too_many_approvals" => OAuthError.TemporarilyUnavailable(failure.Message, failure.Code)
            .WithStatus(StatusCodes.Status429TooManyRequests),
        _ => OAuthError.InvalidGrant(failure.Message, failure.Code),
    };
}
