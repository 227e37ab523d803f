using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tokens.Grants;

/// <summary>
/// Exchanges a user's token from a trusted issuer: the user is the subject, the agent acts. Under a task that already
/// has that user behind it, or one that opens with the token. The only source of refresh tokens.
/// </summary>
public sealed class UserTokenExchange(
    UserTokens users, TaskStore tasks, FactSource facts, ImplicitTasks implicitTasks, RefreshTokens refresh,
    IdSource ids)
{
    public async Task<Resolved> ResolveAsync(
        Caller caller, TokenRequest.TokenExchange request, AuditEvent e, CancellationToken cancel)
    {
        var agent = caller.Principal.Id;
        if (request.ActorToken is not null || request.Ticket is not null)
            return Refuse(
                OAuthError.InvalidRequest(
                    "actor_token and ticket do not go with a user's token", "actor_token_invalid"),
                e);
        var (user, error) = await users.VerifyAsync(
            request.SubjectToken, request.SubjectTokenType, agent, cancel);
        if (user is null) return Refuse(OAuthError.InvalidGrant(error!, "subject_token_invalid"), e);
        e = e with { Subject = user.Id };
        var opens = request.TaskId is null;
        var task = opens
            ? implicitTasks.Open(agent, null) with { OnBehalfOf = user.Id }
            : await tasks.FindAsync(request.TaskId!, cancel);
        if (task is null) return Refuse(OAuthError.InvalidGrant("the task is not known", "unknown_task"), e);
        if (!string.Equals(task.OnBehalfOf, user.Id, StringComparison.Ordinal))
            return Refuse(OAuthError.InvalidGrant("the task is not on behalf of that user", "not_their_task"), e);

        var family = ids.Next("rt");
        var ask = new Ask.Token
        {
            DecisionId = ids.Next("dec"),
            Caller = caller,
            GrantType = request.GrantType,
            Jti = ids.Next("at"),
            Subject = user.Id,
            Actors = ActorChain.None.Push(agent),
            Requested = new Requested(
                request.AuthorizationDetails, request.Scope, [.. request.Resources, .. request.Audiences]),
            Task = task,
            OpensTask = opens,
            Family = family,
            EndsBy = user.ExpiresAt,
            MayAct = request.MayAct,
        };
        return new Resolved.Ready(ask, await facts.ForTokenAsync(caller.Principal, task, cancel), e)
        {
            IssuedTokenType = TokenTypeUri.AccessToken,
            Refresh = token => refresh.Issue(family, task, token, user.ExpiresAt),
        };
    }

    private static Resolved.Refused Refuse(OAuthError error, AuditEvent e) => new(error, e);
}
