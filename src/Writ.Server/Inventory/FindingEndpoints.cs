using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>/v1/findings: what somebody must mend. Closed by hand it opens anew when it is seen again.</summary>
public sealed class FindingEndpoints(FindingStore findings, PrincipalNames names)
{
    public Task<ActPlan> ListAsync(ActCall call)
    {
        var team = call.Query("team") ?? call.Team;
        return Task.FromResult<ActPlan>(call.Read("finding:read", new ActTarget("findings", team), async http =>
        {
            var owner = call.Query("owner") is { } who ? await names.OwnerAsync(who) : null;
            var filter = new FindingFilter(
                call.Query("kind"), call.Query("subject"), owner, team, call.Query("status"), call.Query("after"),
                call.Limit);
            var rows = await findings.ListAsync(filter, http.RequestAborted);
            await Answers.PageAsync(http, rows.Select(Document), rows.Count == filter.Limit ? rows[^1].Id : null);
        }));
    }

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "finding:read";
        return await findings.FindAsync(call.Route("id"), call.Cancel) is { } row
            ? call.Read(action, new ActTarget($"finding {row.Id}", row.Team), http =>
                Answers.JsonAsync(http, StatusCodes.Status200OK, Document(row)))
            : call.NotFound("finding", action);
    }

    public async Task<ActPlan> CloseAsync(ActCall call)
    {
        const string action = "finding:close";
        var (body, refusal) = await call.ReadAsync<ReasonRequest>(action);
        if (body is null) return refusal!;
        if (!PlainText.IsText(body.Reason)) return call.Invalid("reason is required: a short text.", action);
        if (await findings.FindAsync(call.Route("id"), call.Cancel) is not { } row)
            return call.NotFound("finding", action);
        var by = call.Caller.Principal.Id;
        var plan = call.Act(
            action, new ActTarget($"finding {row.Id}", row.Team),
            [new Claim.Effect(tx => FindingStore.CloseAsync(tx, row.Id, by, body.Reason!))],
            async (http, _) => await Answers.JsonAsync(
                http, StatusCodes.Status200OK, Document((await findings.FindAsync(row.Id))!)));
        return plan with
        {
            Event = (plan.Event with { Subject = row.Holder ?? row.Subject })
                .Because(body.Reason).With("kind", row.Kind),
        };
    }

    private static JsonObject Document(FindingRow row)
    {
        var json = new JsonObject
        {
            ["id"] = row.Id,
            ["kind"] = row.Kind,
            ["severity"] = row.Severity,
            ["status"] = row.Status,
            ["subject"] = row.Holder ?? row.Subject,
            ["owner"] = row.Owner,
            ["team"] = row.Team,
            ["message"] = row.Message,
            ["count"] = row.Count,
            ["first_seen"] = Instant.Text(row.FirstSeen),
            ["last_seen"] = Instant.Text(row.LastSeen),
        };
        if (row.Holder is not null) json["key"] = row.Subject;
        if (row.ClosedAt is { } closed) json["closed_at"] = Instant.Text(closed);
        if (row.ClosedBy is not null) json["closed_by"] = row.ClosedBy;
        if (row.CloseReason is not null) json["close_reason"] = row.CloseReason;
        return json;
    }
}
