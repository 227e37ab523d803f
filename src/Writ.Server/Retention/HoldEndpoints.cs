using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>
/// /v1/audit/holds: what of the log must not be erased, by retention or on request, until the hold is released or its
/// time is over. For owners of the whole trust domain.
/// </summary>
public sealed class HoldEndpoints(HoldStore holds, PrincipalNames names, IdSource ids)
{
    private const string Action = "audit:hold";

    public async Task<ActPlan> CreateAsync(ActCall call)
    {
        var (body, refusal) = await call.ReadAsync<HoldRequest>(Action);
        if (body is null) return refusal!;
        if (!PlainText.IsText(body.Reason)) return call.Invalid("reason is required: a short text.", Action);
        var (selection, fault) = body.Read(names);
        if (selection is null) return call.Invalid(fault!, Action);
        if (!SelectionRequest.TryTime(body.Until, out var until) || until <= call.Now.ToMicros())
            return call.Invalid("until is a time to come (RFC 3339).", Action);
        var row = new HoldRow
        {
            Id = ids.Next("hold"),
            ByWhom = call.Caller.Principal.Id,
            At = call.Now.ToMicros(),
            Because = body.Reason!,
            Who = selection.Who,
            Task = selection.Task,
            Kind = selection.Kind,
            FromAt = selection.FromAt,
            ToAt = selection.ToAt,
            Until = until,
        };
        var plan = call.Act(
            Action, SelectionRequest.Target($"hold {row.Id}"),
            [new Claim.Effect(tx => HoldStore.InsertAsync(tx, row))],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status201Created, Document(row)));
        return plan with
        {
            Event = SelectionRequest.Describe(plan.Event, row).With("hold", row.Id)
                .With("until", until is { } end ? Instant.Text(end) : null).Because(body.Reason),
        };
    }

    /// <summary>Those in force; with <c>all=true</c> those that were, too.</summary>
    public Task<ActPlan> ListAsync(ActCall call)
    {
        if (call.Query("all") is not (null or "true" or "false"))
            return Task.FromResult<ActPlan>(call.Invalid("all is true or false.", Action));
        var filter = new HoldFilter(call.Query("all") != "true", call.Query("after"), call.Limit);
        return Task.FromResult<ActPlan>(call.Read(Action, SelectionRequest.Target("holds"), async http =>
        {
            var rows = await holds.ListAsync(filter, http.RequestAborted);
            await Answers.PageAsync(http, rows.Select(Document), rows.Count == filter.Limit ? rows[^1].Id : null);
        }));
    }

    public async Task<ActPlan> ReleaseAsync(ActCall call)
    {
        const string action = "audit:release";
        var reason = call.Query("reason");
        if (!PlainText.IsText(reason)) return call.Invalid("reason is required: a short text.", action);
        if (await holds.FindAsync(call.Route("id"), call.Cancel) is not { } row) return call.NotFound("hold", action);
        var by = call.Caller.Principal.Id;
        var plan = call.Act(
            action, SelectionRequest.Target($"hold {row.Id}"),
            [new Claim.Effect(tx => HoldStore.ReleaseAsync(tx, row.Id, by, reason!))],
            (http, _) => Answers.NoContentAsync(http));
        return plan with { Event = plan.Event.With("hold", row.Id).Because(reason) };
    }

    private static JsonObject Document(HoldRow row)
    {
        var json = new JsonObject { ["id"] = row.Id };
        SelectionRequest.Write(json, row);
        if (row.Until is { } until) json["until"] = Instant.Text(until);
        json["reason"] = row.Because;
        json["by"] = row.ByWhom;
        json["at"] = Instant.Text(row.At);
        if (row.ReleasedAt is { } released)
        {
            json["released_at"] = Instant.Text(released);
            json["released_by"] = row.ReleasedBy;
            json["release_reason"] = row.ReleaseBecause;
        }
        return json;
    }
}

/// <summary>The body of a new hold: what it holds, why, and for how long.</summary>
public sealed record HoldRequest : SelectionRequest
{
    public string? Reason { get; init; }
    public string? Until { get; init; }
}
