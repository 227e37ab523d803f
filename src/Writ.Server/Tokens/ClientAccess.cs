using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;

namespace Writ.Server.Tokens;

/// <summary>
/// Who calls introspection or revocation: a client that authenticates as at the token endpoint, or a caller with a
/// management token that carries the action (RFC 7662 §2.1 allows both). What the caller proved is used up by the
/// record of what it did.
/// </summary>
public sealed class ClientAccess(
    Settings settings, CallerAuthenticator clients, TokenCallers tokens, TimeProvider time)
{
    public async Task<CallerOutcome> AuthenticateAsync(
        HttpContext http, ClientCredentialsInBody body, string action)
    {
        var evidence = HttpEvidence.Of(http, settings, body);
        var byToken = evidence.Authorization is { } header
            && !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase);
        var who = byToken
            ? await tokens.AuthenticateAsync(evidence, cancel: http.RequestAborted)
            : await clients.AuthenticateAsync(evidence, http.RequestAborted);
        if (who is not CallerOutcome.Authenticated { Caller: var caller }) return who;
        if (!caller.Principal.IsActive(time.GetUtcNow()))
        {
            var (code, message) = Reason.NotActive(caller.Principal);
            return Refused(OAuthError.InvalidClient(message, code), caller);
        }
        return byToken && !Narrowing.Contains(caller.Authority!, ManagementActions.Of(action, settings.Issuer))
            ? Refused(
                OAuthError.InsufficientScope(Reason.TokenLacksAction.Message, Reason.TokenLacksAction.Code), caller)
            : who;
    }

    private static CallerOutcome.Refused Refused(OAuthError error, Caller caller) =>
        new(error, error.Detail!, caller.Principal.Id);
}
