using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tokens.Grants;

/// <summary>client_credentials (RFC 6749 §4.4): a token of a task for the caller itself.</summary>
public sealed class ClientCredentialsGrant(TaskStore tasks, FactSource facts, ImplicitTasks implicitTasks, IdSource ids)
    : ITokenGrant
{
    public string GrantType => GrantTypes.ClientCredentials;

    public async Task<Resolved> ResolveAsync(Caller caller, TokenRequest request, CancellationToken cancel)
    {
        var opens = request.TaskId is null;
        var task = request.TaskId is { } id
            ? await tasks.FindSeenOpenAsync(id, cancel)
            : implicitTasks.Open(caller.Principal.Id, null);
        var e = new AuditEvent { Kind = "token.issue", Actor = caller.Principal.Id, Task = task?.Id ?? request.TaskId }
            .With("grant_type", GrantType).With("method", caller.Method);
        if (task is null)
            return new Resolved.Refused(OAuthError.InvalidGrant("the task is not known", "unknown_task"), e);
        var user = task.OnBehalfOf;
        var ask = new Ask.Token
        {
            DecisionId = ids.Next("dec"),
            Caller = caller,
            GrantType = GrantType,
            Jti = ids.Next("at"),
            // With a proven user behind the task, the user is the subject and the agent acts (RFC 8693 §4.1).
            Subject = user ?? caller.Principal.Id,
            Actors = user is null ? ActorChain.None : ActorChain.None.Push(caller.Principal.Id),
            Requested = new Requested(
                request.AuthorizationDetails, request.Scope, [.. request.Resources, .. request.Audiences]),
            Task = task,
            OpensTask = opens,
            MayAct = request.MayAct,
        };
        return new Resolved.Ready(ask, await facts.ForTokenAsync(caller.Principal, task, cancel), e);
    }
}
