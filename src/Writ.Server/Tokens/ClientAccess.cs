using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>
/// Who may use introspection and revocation: a client that authenticates as at the token endpoint, or a caller with a
/// management token that carries the action (RFC 7662 §2.1 allows both). One-time values of the proof are used up.
/// </summary>
public sealed class ClientAccess(
    Settings settings, CallerAuthenticator clients, TokenCallers tokens, AuditLog audit, TimeProvider time)
{
    public async Task<CallerOutcome> AuthenticateAsync(
        HttpContext http, ClientCredentialsInBody body, string action, AuditEvent use)
    {
        var evidence = HttpEvidence.Of(http, settings, body);
        var byToken = evidence.Authorization is { } header
            && !header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase);
        var who = byToken
            ? await tokens.AuthenticateAsync(evidence, http.RequestAborted)
            : await clients.AuthenticateAsync(evidence, http.RequestAborted);
        if (who is not CallerOutcome.Authenticated { Caller: var caller }) return who;
        if (!caller.Principal.IsActive(time.GetUtcNow())) return Refused(Reason.NotActive, caller);
        if (byToken && !Narrowing.Contains(caller.Authority!, ManagementActions.Of([action], settings.Issuer)))
            return new CallerOutcome.Refused(
                OAuthError.InsufficientScope(Reason.TokenLacksAction.Message, Reason.TokenLacksAction.Code),
                Reason.TokenLacksAction.Code, caller.Principal.Id);
        var once = caller.Claims.Where(c => c is Claim.Once).ToList();
        if (once.Count == 0) return who;
        // A proof is good once, here too: it is used up before the answer, in the record of its use.
        var e = use with { Actor = caller.Principal.Id, RequestId = http.TraceIdentifier };
        return await audit.AppendAsync(e, "allow", once) is Appended.Refused { Failure: var failure }
            ? new CallerOutcome.Refused(TokenErrors.Of(failure), failure.Code, caller.Principal.Id)
            : who;
    }

    private static CallerOutcome.Refused Refused(Reason reason, Caller caller) =>
        new(OAuthError.InvalidClient(reason.Message, reason.Code), reason.Code, caller.Principal.Id);
}
