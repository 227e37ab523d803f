using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tokens.Grants;

/// <summary>
/// Hands one of our tokens on. A bound token is exchangeable only by its holder, or by the actor
/// whom its <c>may_act</c> or a ticket signed with its key names. Anybody else with it has stolen it: refusal, finding.
/// </summary>
public sealed class OwnTokenExchange(
    Settings settings, TokenCallers tokens, TaskStore tasks, FactSource facts, ImplicitTasks implicitTasks,
    ExchangeParts parts)
{
    public async Task<Resolved> ResolveAsync(
        Caller caller, TokenRequest.TokenExchange request, AuditEvent e, CancellationToken cancel)
    {
        if (request.TaskId is not null)
            return Refuse(OAuthError.InvalidRequest("an exchange opens a task of its own", "task_not_wanted"), e);
        if (tokens.ReadAny(request.SubjectToken) is not { } parent)
            return Refuse(OAuthError.InvalidGrant("the subject token does not hold", "subject_token_invalid"), e);
        e = (e with { Subject = parent.Subject, Task = parent.TaskId }).With("parent_jti", parent.Jti);
        if (ActorTokenFault(request, caller) is { } fault)
            return Refuse(OAuthError.InvalidRequest(fault, "actor_token_invalid"), e);

        var requested = new Requested(
            request.AuthorizationDetails, request.Scope, [.. request.Resources, .. request.Audiences]);
        var parentTask = await tasks.FindSeenOpenAsync(parent.TaskId, cancel);
        var known = await facts.ForTokenAsync(caller.Principal, parentTask, cancel);
        var (right, ticket) = RightOf(caller, request, parent, requested, known);
        if (right is null) return Stolen(caller, parent, e);
        if (parentTask is not { Status: TaskStatusName.Open })
            return Refuse(OAuthError.InvalidGrant("the task of the subject token is not open", "task_not_open"), e);

        var ask = new Ask.Token
        {
            DecisionId = parts.Ids.Next("dec"),
            Caller = caller,
            GrantType = request.GrantType,
            Jti = parts.Ids.Next("at"),
            Subject = parent.Subject,
            Actors = ChainOf(parent, caller.Principal.Id),
            Requested = requested,
            Task = implicitTasks.Open(caller.Principal.Id, parentTask),
            OpensTask = true,
            Parent = parent,
            MayAct = request.MayAct,
        };
        return new Resolved.Ready(ask, known, e.With("right", right))
        {
            Claims = ticket is null ? [] : [ticket],
            IssuedTokenType = TokenTypeUri.AccessToken,
        };
    }

    /// <summary>By which right the caller may exchange the token: holder, may_act or ticket; null: by none.</summary>
    private (string? Right, Claim.Once? Ticket) RightOf(
        Caller caller, TokenRequest.TokenExchange request, AccessTokenClaims parent, Requested requested, Facts known)
    {
        var id = caller.Principal.Id;
        var isHolder = string.Equals(parent.ClientId, id, StringComparison.Ordinal);
        // The holder proves the token's own key on this request; a bearer token is its client's alone.
        if (isHolder && (parent.Confirmation is null || parent.Confirmation.Equals(caller.Binding)))
            return ("holder", null);
        if (string.Equals(parent.MayAct, id, StringComparison.Ordinal)) return ("may_act", null);
        if (request.Ticket is not { } text || parent.Confirmation is not Confirmation.Jkt { Thumbprint: var jkt })
            return default;
        var (wanted, _) = RequestedAuthority.Resolve(requested, parent.Authority, known.Registry);
        var expected = new ExchangeTicketExpectation(
            settings.Issuer, id, [.. (wanted ?? parent.Authority).Locations], request.SubjectToken, jkt, known.Now,
            settings.Skew, parts.Keys);
        if (ExchangeTicket.Verify(text, expected) is not ExchangeTicketOutcome.Valid { Ticket: var ticket })
            return default;
        var once = new Claim.Once(
            CallerAuthenticator.Hash("ticket", jkt, ticket.Jti),
            (ticket.ExpiresAt + settings.Skew).ToMicros(),
            ClaimFailure.TicketReplayed);
        return ("ticket", once);
    }

    /// <summary>
    /// An actor token, where one is sent, is the caller's own and bound to the key it has just proven.
    /// </summary>
    private string? ActorTokenFault(TokenRequest.TokenExchange request, Caller caller)
    {
        if (request.ActorToken is not { } text) return null;
        if (!string.Equals(request.ActorTokenType, TokenTypeUri.AccessToken, StringComparison.Ordinal))
            return "the actor_token_type is not served";
        if (tokens.ReadAny(text) is not { } actor) return "the actor token does not hold";
        if (!string.Equals(actor.Subject, caller.Principal.Id, StringComparison.Ordinal)
            || !string.Equals(actor.ClientId, caller.Principal.Id, StringComparison.Ordinal))
            return "the actor token is another's";
        return actor.Confirmation is not null && actor.Confirmation.Equals(caller.Binding)
            ? null
            : "the actor token's key is not proven";
    }

    private Resolved.Refused Stolen(Caller caller, AccessTokenClaims parent, AuditEvent e)
    {
        var holder = parent.ClientId;
        var finding = parts.Finding(
            "stolen_token_exchange", holder, "critical",
            $"{caller.Principal.Id} presented a token of {holder} for exchange without the right to.");
        var error = OAuthError.InvalidGrant("the subject token is not the caller's to exchange", "not_the_holder");
        return new Resolved.Refused(error, e) { Claims = [finding] };
    }

    private static ActorChain ChainOf(AccessTokenClaims parent, string actor) =>
        string.Equals(parent.Actors.Current ?? parent.Subject, actor, StringComparison.Ordinal)
        || parent.Actors.Depth >= ActorChain.MaxDepth
            ? parent.Actors
            : parent.Actors.Push(actor);

    private static Resolved.Refused Refuse(OAuthError error, AuditEvent e) => new(error, e);
}
