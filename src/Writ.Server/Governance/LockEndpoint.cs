using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// POST /v1/locks: stop it now. Suspends identities, kills all that they were given and ends their tasks, in one
/// transaction; of a task, ends it with all below it.
/// </summary>
public sealed class LockEndpoint(LockParts parts, RevocationLog revocations)
{
    private const string Action = "lock:create";

    public async Task<ActPlan> LockAsync(ActCall call)
    {
        var (body, refusal) = await call.ReadAsync<LockRequest>(Action);
        if (body is null) return refusal!;
        if (!PlainText.IsText(body.Reason)) return call.Invalid("reason is required: a short text.", Action);
        return body switch
        {
            { Identity: { } identity, Task: null, Owner: null, Team: null } =>
                await LockIdentityAsync(call, identity, body.Reason!),
            { Identity: null, Task: { } task, Owner: null, Team: null } =>
                await LockTaskAsync(call, task, body.Reason!),
            { Identity: null, Task: null, Owner: { } owner, Team: null } =>
                await LockOwnerAsync(call, owner, body.Reason!),
            { Identity: null, Task: null, Owner: null, Team: { } team } =>
                Lock(call, $"team {team}", team, null, team, body.Reason!),
            _ => call.Invalid("Name one of identity, task, owner and team.", Action),
        };
    }

    private async Task<ActPlan> LockIdentityAsync(ActCall call, string name, string reason)
    {
        if (parts.Names.IdOf(name, IdentityKind.Agent) is not { } id
            || await parts.Identities.FindAsync(id, call.Cancel) is not { } row
            || row.Status == IdentityStatus.Decommissioned) return call.NotFound("identity", Action);
        IReadOnlyList<string> one = [row.Id];
        var plan = call.Act(
            Action, new ActTarget($"identity {row.Id}", row.Team),
            [revocations.Lock(_ => Task.FromResult(one), reason)],
            (http, _) => AnswerAsync(http, $"identity {row.Id}", one, reason));
        return plan with { Event = (plan.Event with { Subject = row.Id }).Because(reason) };
    }

    private async Task<ActPlan> LockTaskAsync(ActCall call, string id, string reason)
    {
        if (await parts.Tasks.FindAsync(id, call.Cancel) is not { } task) return call.NotFound("task", Action);
        var agent = await parts.Registry.FindAsync(task.Agent, call.Cancel);
        var plan = call.Act(
            Action, new ActTarget($"task {task.Id}", agent?.Identity?.Team),
            [revocations.EndTask(task.Id, TaskStatusName.Cancelled, reason)],
            (http, _) => AnswerAsync(http, $"task {task.Id}", [], reason));
        return plan with { Event = (plan.Event with { Subject = task.Agent, Task = task.Id }).Because(reason) };
    }

    /// <summary>All of an owner (none: 404, since nothing was stopped); for an operator of one team, those of that
    /// team.</summary>
    private async Task<ActPlan> LockOwnerAsync(ActCall call, string owner, string reason)
    {
        var id = await parts.Names.OwnerAsync(owner, call.Cancel);
        return Lock(call, $"owner {id}", call.Team, id, call.Team, reason);
    }

    private ActPlan.Do Lock(ActCall call, string name, string? scope, string? owner, string? team, string reason)
    {
        IReadOnlyList<string> locked = [];
        var plan = call.Act(
            Action, new ActTarget(name, scope),
            [
                revocations.Lock(
                    async tx => locked = await IdentityStore.ToLockAsync(tx, owner, team), reason),
            ],
            (http, _) => AnswerAsync(http, name, locked, reason));
        return plan with { Event = plan.Event.Because(reason) };
    }

    private static Task AnswerAsync(HttpContext http, string target, IReadOnlyList<string> identities, string reason) =>
        Answers.JsonAsync(http, StatusCodes.Status201Created, new JsonObject
        {
            ["target"] = target,
            ["identities"] = new JsonArray([.. identities.Select(i => (JsonNode)i)]),
            ["reason"] = reason,
        });
}

/// <summary>What a lock looks up.</summary>
public sealed record LockParts(IdentityStore Identities, TaskStore Tasks, Registry Registry, PrincipalNames Names);

/// <summary>The body of a lock: one of the four, and why.</summary>
public sealed record LockRequest
{
    public string? Identity { get; init; }
    public string? Task { get; init; }
    public string? Owner { get; init; }
    public string? Team { get; init; }
    public string? Reason { get; init; }
}
