using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>/v1/tasks: open, list, show, end, heartbeat.</summary>
public sealed class TaskEndpoints(
    TaskStore tasks, TaskLookups lookups, UserTokens users, RevocationLog revocations, TaskTrees trees, IdSource ids)
{
    public async Task<ActPlan> OpenAsync(ActCall call)
    {
        const string action = "task:start";
        var (body, refusal) = await call.ReadAsync<OpenTaskRequest>(action);
        if (body is null) return refusal!;
        if (body.Agent is null && call.Caller.Principal.Operator is not null)
            return call.Invalid("An operator has no tasks of their own: name the agent.", action);
        if (body.Agent is { } named && !lookups.IsOurs(named))
            return call.Invalid("agent is a SPIFFE id of this trust domain.", action);
        if (string.IsNullOrWhiteSpace(body.Workflow))
            body = body with { Workflow = OnlyWorkflow(body.Agent ?? call.Caller.Principal.Id, call) };
        if (body.Workflow is null)
            return call.Invalid("workflow is required, unless the agent has exactly one.", action);
        if (!PlainText.IsName(body.Workflow)) return call.Invalid($"workflow is {PlainText.NameRule}.", action);
        if (!PlainText.IsText(body.Purpose)) return call.Invalid("purpose is required: a short text.", action);
        if (body.DeadlineSeconds is < 1 || body.HeartbeatSeconds is < 1 or > 3600)
            return call.Invalid("deadline_seconds or heartbeat_seconds is out of range.", action);
        if (Requests(body, out var error) is not { } requested) return call.Invalid(error!, action);
        var parent = body.Parent is { } parentId ? await tasks.FindAsync(parentId, call.Cancel) : null;
        if (body.Parent is not null && parent is null) return call.NotFound("parent task", action);
        var (user, fault) = await UserAsync(call, body);
        if (fault is not null) return call.Invalid(fault, action);
        if (user is not null && parent?.OnBehalfOf is { } behind
            && !string.Equals(user.Id, behind, StringComparison.Ordinal))
            return call.Invalid("The parent task is on behalf of another user.", action);

        var row = Row(call, body, parent) with { OnBehalfOf = user?.Id ?? parent?.OnBehalfOf };
        if (await tasks.HasOpenAsync(row.Agent, lookups.Settings.MaxOpenTasks, call.Cancel))
            return call.Refuse(429, "too_many_tasks", "The agent has as many open tasks as it may: end some.", action);
        var ask = new Ask.WorkToOpen
        {
            DecisionId = ids.Next("dec"),
            Caller = call.Caller,
            Task = row,
            Requested = requested,
            EndsBy = user?.ExpiresAt, // decisions/0007
        };
        var e = (call.Event(action) with { Subject = row.Agent, Task = row.Id })
            .With("workflow", row.Workflow).With("purpose", row.Purpose).With("parent", row.Parent)
            .With("on_behalf_of", row.OnBehalfOf)
            .With("scope", requested.Scope?.Text).With("authorization_details", requested.Authority?.ToJson());
        return new ActPlan.Do(ask, e)
        {
            Facts = await lookups.Facts.ForTaskAsync(row, parent, call.Cancel),
            Effects = granted => [new Claim.OpenTask(((Granting.WorkToOpen)granted).Task)],
            Answer = (http, granted) =>
                Answers.JsonAsync(
                    http, StatusCodes.Status201Created, TaskDocument.Of(((Granting.WorkToOpen)granted).Task)),
        };
    }

    public async Task<ActPlan> EndAsync(ActCall call)
    {
        const string action = "task:end";
        var (body, refusal) = await call.ReadAsync<EndTaskRequest>(action);
        if (body is null) return refusal!;
        var status = body.Status ?? TaskStatusName.Completed;
        if (status is not (TaskStatusName.Completed or TaskStatusName.Cancelled))
            return call.Invalid("status is completed or cancelled.", action);
        if (body.Reason is not null && !PlainText.IsText(body.Reason))
            return call.Invalid("reason is a short text.", action);
        if (await tasks.FindAsync(call.Route("id"), call.Cancel) is not { } task) return call.NotFound("task", action);
        var plan = call.Act(
            action, await TargetAsync(task, call), [revocations.EndTask(task.Id, status, body.Reason ?? status)],
            async (http, _) => await Answers.JsonAsync(
                http, StatusCodes.Status200OK, TaskDocument.Of((await tasks.FindAsync(task.Id))!)));
        return plan with
        {
            Event = (plan.Event with
            {
                Task = task.Id,
                Subject = task.Agent,
                Reason = task.Status == TaskStatusName.Open ? status : "already_ended",
            }).Because(body.Reason),
        };
    }

    public async Task<ActPlan> HeartbeatAsync(ActCall call)
    {
        const string action = "task:end";
        if (await tasks.FindAsync(call.Route("id"), call.Cancel) is not { } task) return call.NotFound("task", action);
        var plan = call.Act(
            action, await TargetAsync(task, call), [new Claim.TaskOpen(task.Id), TaskStore.Heartbeat(task.Id)],
            (http, _) => Answers.NoContentAsync(http));
        return plan with
        {
            Ask = (Ask.Act)plan.Ask with { KeepsAlive = true },
            Event = plan.Event with { Kind = "task.heartbeat", Task = task.Id },
        };
    }

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "task:read";
        if (await tasks.FindAsync(call.Route("id"), call.Cancel) is not { } task) return call.NotFound("task", action);
        return call.Read(action, await TargetAsync(task, call), async http =>
            await Answers.JsonAsync(http, StatusCodes.Status200OK, await trees.OfAsync(task, http.RequestAborted)));
    }

    public Task<ActPlan> ListAsync(ActCall call)
    {
        const string action = "task:read";
        if (call.Query("order") is not (null or "asc" or "desc"))
            return Task.FromResult<ActPlan>(call.Invalid("order is asc or desc.", action));
        if (call.Query("implicit") is not (null or "true" or "false"))
            return Task.FromResult<ActPlan>(call.Invalid("implicit is true or false.", action));
        // An identity sees its own tasks; an operator those of the team's agents.
        var own = call.Caller.Principal.Identity?.Id;
        var filter = new TaskFilter(
            own ?? call.Query("agent"), call.Query("workflow"), call.Query("status"), call.Query("parent"),
            call.Team, call.Query("after"), call.Limit)
        {
            Implicit = call.Query("implicit") is { } which ? which == "true" : null,
            NewestFirst = call.Query("order") == "desc",
        };
        return Task.FromResult<ActPlan>(
            call.Read(action, new ActTarget("tasks", call.Team, call.Caller.Principal.Id), async http =>
        {
            var rows = await tasks.ListAsync(filter, http.RequestAborted);
            await Answers.PageAsync(
                http, rows.Select(TaskDocument.Of), rows.Count == filter.Limit ? rows[^1].Id : null);
        }));
    }

    /// <summary>A user stands behind a task only where their own token proves it.</summary>
    private async Task<(ProvenUser? User, string? Fault)> UserAsync(ActCall call, OpenTaskRequest body)
    {
        if (body.OnBehalfOf is not { } proof) return (null, null);
        if (string.IsNullOrEmpty(proof.Token)) return (null, "on_behalf_of.token is required.");
        return await users.VerifyAsync(
            proof.Token, proof.TokenType ?? TokenTypeUri.Jwt, body.Agent ?? call.Caller.Principal.Id, call.Cancel);
    }

    /// <summary>The one workflow that an agent stands in; null when there is none, or a choice to make.</summary>
    private static string? OnlyWorkflow(string agent, ActCall call)
    {
        var workflows = call.Registry.Workflows.Values.Where(w => w.Agents.Contains(agent));
        return workflows.Take(2).ToArray() is [var only] ? only.Row.Name : null;
    }

    /// <summary>A task belongs to its agent; the agent's owner and the parent task's agent may act on it too.</summary>
    private async Task<ActTarget> TargetAsync(TaskRow task, ActCall call)
    {
        var agent = await lookups.Registry.FindAsync(task.Agent, call.Cancel);
        var caller = call.Caller.Principal.Id;
        var parent = task.Parent is { } id ? await tasks.FindAsync(id, call.Cancel) : null;
        var isOwners = string.Equals(agent?.Identity?.Owner, caller, StringComparison.Ordinal)
            || string.Equals(parent?.Agent, caller, StringComparison.Ordinal);
        return new ActTarget($"task {task.Id}", agent?.Identity?.Team, isOwners ? caller : task.Agent);
    }

    private TaskRow Row(ActCall call, OpenTaskRequest body, TaskRow? parent)
    {
        var now = call.Now;
        return new TaskRow
        {
            Id = ids.Next("task"),
            Workflow = body.Workflow!,
            Agent = body.Agent ?? call.Caller.Principal.Id,
            Parent = parent?.Id,
            Ancestors = parent is null ? "" : $"{parent.Id} {parent.Ancestors}".TrimEnd(),
            Purpose = body.Purpose!,
            Authority = "[]",
            OpenedBy = call.Caller.Principal.Id,
            OpenedAt = now.ToMicros(),
            Deadline = body.DeadlineSeconds is { } seconds ? now.AddSeconds(seconds).ToMicros() : Instant.MaxMicros,
            HeartbeatSeconds = body.HeartbeatSeconds,
            HeartbeatAt = body.HeartbeatSeconds is null ? null : now.ToMicros(),
        };
    }

    private static Requested? Requests(OpenTaskRequest body, out string? error)
    {
        error = null;
        Authority? authority = null;
        if (body.AuthorizationDetails is { } details && !Authority.TryParse(details, out authority, out error))
            return null;
        if (body.Grants is not { Count: > 0 } grants) return new Requested(authority, null, []);
        if (RequestedScope.TryParse(string.Join(' ', grants), out var scope))
            return new Requested(authority, scope, []);
        error = "grants are of the form noun:verb@resource.";
        return null;
    }
}
