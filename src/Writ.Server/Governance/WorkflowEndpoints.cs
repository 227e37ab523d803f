using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>/v1/workflows: registered kinds of work. Deleting one ends its open tasks.</summary>
public sealed class WorkflowEndpoints(Settings settings, WorkflowForm form, RevocationLog revocations)
{
    private const int DefaultDepth = 4;

    public async Task<ActPlan> CreateAsync(ActCall call)
    {
        const string action = "workflow:create";
        var (body, refusal) = await call.ReadAsync<CreateWorkflowRequest>(action);
        if (body is null) return refusal!;
        if (!PlainText.IsName(body.Name) || body.Name == TaskRow.NoWorkflow)
            return call.Invalid($"name is {PlainText.NameRule}, and not “{TaskRow.NoWorkflow}”.", action);
        if (body.Agents is not { Count: > 0 } || body.Authority is null)
            return call.Invalid("agents and authority are required.", action);
        var (row, teams, fault) = await form.ApplyAsync(
            new WorkflowRow
            {
                Name = body.Name!,
                Owner = call.Caller.Principal.Id,
                Team = call.HomeTeam,
                Agents = "",
                Authority = "[]",
                MaxTaskSeconds = (int)settings.TaskLife.TotalSeconds,
                MaxDepth = Math.Min(DefaultDepth, settings.MaxDepth),
                CreatedAt = call.Now.ToMicros(),
            },
            body, call.Registry);
        if (row is null) return call.Invalid(fault!, action);
        var authority = Stored.Authority(row.Authority);
        var plan = call.Act(
            action, new ActTarget($"workflow {row.Name}", row.Team, GivesAuthority: authority) { OtherTeams = teams },
            [
                new Claim.Effect(tx => ResourceStore.HoldAsync(tx, authority.Locations)),
                new Claim.Effect(tx => WorkflowStore.InsertAsync(tx, row)),
            ],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status201Created, Document(row)));
        return plan with { Event = Describe(plan.Event, row) };
    }

    public Task<ActPlan> ListAsync(ActCall call)
    {
        var team = call.Query("team") ?? call.Team;
        return Task.FromResult<ActPlan>(call.Read("workflow:read", new ActTarget("workflows", team), http =>
        {
            var after = call.Query("after");
            var rows = call.Registry.Workflows.Values.Select(w => w.Row)
                .Where(r => team is null || r.Team == team)
                .Where(r => after is null || string.CompareOrdinal(r.Name, after) > 0)
                .OrderBy(r => r.Name, StringComparer.Ordinal).Take(call.Limit).ToList();
            return Answers.PageAsync(http, rows.Select(Document), rows.Count == call.Limit ? rows[^1].Name : null);
        }));
    }

    public Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "workflow:read";
        return Task.FromResult<ActPlan>(Find(call) is { } row
            ? call.Read(action, new ActTarget($"workflow {row.Name}", row.Team), http =>
                Answers.JsonAsync(http, StatusCodes.Status200OK, Document(row)))
            : call.NotFound("workflow", action));
    }

    /// <summary>Narrowing it narrows the next token of every open task, and ends within a second those that are out and
    /// hold more.</summary>
    public async Task<ActPlan> ChangeAsync(ActCall call)
    {
        const string action = "workflow:update";
        var (body, refusal) = await call.ReadAsync<WorkflowChanges>(action);
        if (body is null) return refusal!;
        if (Find(call) is not { } before) return call.NotFound("workflow", action);
        if (body.Version is { } version && version != before.Version)
            return call.Refuse(409, "conflict", "The workflow was changed by somebody else.", action);
        var (row, teams, fault) = await form.ApplyAsync(before, body, call.Registry);
        if (row is null) return call.Invalid(fault!, action);
        var gained = RegisteredAuthority.Gained(Stored.Authority(before.Authority), Stored.Authority(row.Authority));
        var target = new ActTarget($"workflow {row.Name}", before.Team, GivesAuthority: gained)
        {
            OtherTeams = [row.Team, .. teams],
        };
        var plan = call.Act(
            action, target,
            [
                new Claim.Effect(tx => ResourceStore.HoldAsync(tx, gained.Locations)),
                new Claim.Effect(tx => WorkflowStore.UpdateAsync(tx, row)),
            ],
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, Document(row with { Version = row.Version + 1 })));
        return plan with { Event = Describe(plan.Event, row) };
    }

    public Task<ActPlan> DeleteAsync(ActCall call)
    {
        const string action = "workflow:delete";
        if (Find(call) is not { } row) return Task.FromResult<ActPlan>(call.NotFound("workflow", action));
        var plan = call.Act(
            action, new ActTarget($"workflow {row.Name}", row.Team),
            [
                new Claim.Effect(tx => WorkflowStore.DeleteAsync(tx, row.Name)),
                revocations.EndTasksIn(row.Name, TaskStatusName.Cancelled, "workflow deleted"),
            ],
            (http, _) => Answers.NoContentAsync(http));
        return Task.FromResult<ActPlan>(plan with { Event = Describe(plan.Event, row) });
    }

    private static WorkflowRow? Find(ActCall call) =>
        call.Registry.Workflows.GetValueOrDefault(call.Route("name"))?.Row;

    private static JsonObject Document(WorkflowRow row) => new()
    {
        ["name"] = row.Name,
        ["owner"] = row.Owner,
        ["team"] = row.Team,
        ["agents"] = Words(row.Agents),
        ["starters"] = Words(row.Starters),
        ["purposes"] = JsonNode.Parse(row.Purposes),
        ["authority"] = JsonNode.Parse(row.Authority),
        ["max_task_seconds"] = row.MaxTaskSeconds,
        ["max_depth"] = row.MaxDepth,
        ["created_at"] = Instant.Text(row.CreatedAt),
        ["version"] = row.Version,
    };

    private static JsonArray Words(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => (JsonNode)w)];

    private static Audit.AuditEvent Describe(Audit.AuditEvent e, WorkflowRow row) => e
        .With("owner", row.Owner).With("team", row.Team).With("agents", row.Agents).With("starters", row.Starters)
        .With("purposes", row.Purposes).With("authority", row.Authority);
}
