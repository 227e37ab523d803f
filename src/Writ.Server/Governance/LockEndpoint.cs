using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
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
                Lock(call, new Whom($"team {team}", team) { Team = team }, body.Reason!),
            _ => call.Invalid("Name one of identity, task, owner and team.", Action),
        };
    }

    private async Task<ActPlan> LockIdentityAsync(ActCall call, string name, string reason)
    {
        if (parts.Names.IdOf(name, IdentityKind.Agent) is not { } id
            || await parts.Identities.FindAsync(id, call.Cancel) is not { } row
            || row.Status == IdentityStatus.Decommissioned) return call.NotFound("identity", Action);
        var whom = new Whom($"identity {row.Id}", row.Team) { Id = row.Id };
        var plan = Lock(call, whom, reason);
        return plan with { Event = plan.Event with { Subject = row.Id } };
    }

    private async Task<ActPlan> LockTaskAsync(ActCall call, string id, string reason)
    {
        if (await parts.Tasks.FindAsync(id, call.Cancel) is not { } task) return call.NotFound("task", Action);
        var agent = await parts.Registry.FindAsync(task.Agent, call.Cancel);
        var wasOpen = task.Status == TaskStatusName.Open;
        var plan = call.Act(
            Action, new ActTarget($"task {task.Id}", agent?.Identity?.Team),
            [revocations.EndTask(task.Id, TaskStatusName.Cancelled, reason)],
            (http, _) => AnswerAsync(http, $"task {task.Id}", [], reason, wasOpen));
        return plan with { Event = (plan.Event with { Subject = task.Agent, Task = task.Id }).Because(reason) };
    }

    /// <summary>All of an owner (none: 404, since nothing was stopped); for an operator of one team, those of that
    /// team.</summary>
    private async Task<ActPlan> LockOwnerAsync(ActCall call, string owner, string reason)
    {
        var id = await parts.Names.OwnerAsync(owner, call.Cancel);
        var name = call.Team is { } team ? $"owner {id} in team {team}" : $"owner {id}";
        return Lock(call, new Whom(name, call.Team) { Owner = id, Team = call.Team }, reason);
    }

    private ActPlan.Do Lock(ActCall call, Whom whom, string reason)
    {
        IReadOnlyList<IdentityRow> locked = [];
        var plan = call.Act(
            Action, new ActTarget(whom.Name, whom.Scope), [],
            (http, _) => AnswerAsync(http, whom.Name, locked, reason, locked.Any(IsNew)));
        plan = plan with { Event = plan.Event.Because(reason) };
        // Whoever searches the log for one of them finds it, too, though the lock named only their owner or team.
        var each = FurtherRecords.Of(
            () => locked.Where(IsNew).Select(
                row => plan.Event with { Kind = "identity.lock", Subject = row.Id, Reason = "locked" }),
            plan.Ask.DecisionId);
        return plan with
        {
            Effects = _ =>
            [
                revocations.Lock(
                    tx => IdentityStore.ToLockAsync(tx, whom.Id, whom.Owner, whom.Team), reason,
                    rows => locked = rows),
                each,
            ],
        };
    }

    private static bool IsNew(IdentityRow before) => before.Status != IdentityStatus.Suspended;

    /// <summary>201 where something was stopped, 200 where all of it had been stopped before.</summary>
    private static Task AnswerAsync(
        HttpContext http, string target, IReadOnlyList<IdentityRow> identities, string reason, bool isNew) =>
        Answers.JsonAsync(http, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK, new JsonObject
        {
            ["target"] = target,
            ["identities"] = new JsonArray([.. identities.Select(i => (JsonNode)i.Id)]),
            ["stopped_before"] = new JsonArray(
                [.. identities.Where(i => !IsNew(i)).Select(i => (JsonNode)i.Id)]),
            ["reason"] = reason,
        });

    /// <summary>Whom a lock is about.</summary>
    /// <param name="Name">As the record shows it.</param>
    /// <param name="Scope">The team whose scope is needed.</param>
    private sealed record Whom(string Name, string? Scope)
    {
        public string? Id { get; init; }
        public string? Owner { get; init; }
        public string? Team { get; init; }
    }
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
