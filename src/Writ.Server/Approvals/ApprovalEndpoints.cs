using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Approvals;

/// <summary>/v1/approvals: what waits for a person's yes, and that person's answer.</summary>
public sealed class ApprovalEndpoints(ApprovalStore approvals, ApprovalHands hands)
{
    private static readonly string[] Statuses = ["pending", "approved", "used", "denied", "expired", "void"];

    /// <summary>An identity sees what it asked for; an operator of a team what concerns the team or themselves.
    /// </summary>
    public Task<ActPlan> ListAsync(ActCall call)
    {
        const string action = "approval:read";
        if (call.Query("status") is { } status && !Statuses.Contains(status, StringComparer.Ordinal))
            return Task.FromResult<ActPlan>(call.Invalid($"status is one of {string.Join(", ", Statuses)}.", action));
        var caller = call.Caller.Principal;
        var filter = new ApprovalFilter(
            call.Query("status"), caller.Identity?.Id ?? call.Query("requester"), call.Query("team"),
            call.Query("after"), call.Limit)
        {
            Now = call.Now.ToMicros(),
            Person = caller.Operator is { Team: not null } person ? person : null,
        };
        var target = new ActTarget("approvals", call.Team, caller.Id);
        return Task.FromResult<ActPlan>(call.Read(action, target, async http =>
        {
            var rows = await approvals.ListAsync(filter, http.RequestAborted);
            await Answers.PageAsync(
                http, rows.Select(row => Document(row, caller, filter.Now)),
                rows.Count == filter.Limit ? rows[^1].Id : null);
        }));
    }

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "approval:read";
        if (await approvals.FindAsync(call.Route("id"), call.Cancel) is not { } row)
            return call.NotFound("request for an approval", action);
        return call.Read(action, TargetOf(row, call), http => Answers.JsonAsync(
            http, StatusCodes.Status200OK, Document(row, call.Caller.Principal, call.Now.ToMicros())));
    }

    public Task<ActPlan> ApproveAsync(ActCall call) => DecideAsync(call, "approved", "approval.approve");

    public Task<ActPlan> DenyAsync(ActCall call) => DecideAsync(call, "denied", "approval.deny");

    private async Task<ActPlan> DecideAsync(ActCall call, string status, string kind)
    {
        const string action = "approval:decide";
        var (body, refusal) = await call.ReadOptionalAsync<DecideApprovalRequest>(action);
        if (body is null) return refusal!;
        if (body.Because is not null && !PlainText.IsText(body.Because))
            return call.Invalid("because is a short text.", action);
        if (await approvals.FindAsync(call.Route("id"), call.Cancel) is not { } row)
            return call.NotFound("request for an approval", action);
        var now = call.Now.ToMicros();
        if (row.StatusAt(now) is var known and not "pending")
            return call.Refuse(409, "conflict", $"The request does not wait any longer: it is {known}.", action);
        var decided = row with
        {
            Status = status,
            DecidedBy = call.Caller.Principal.Id,
            DecidedAt = now,
            DecidedBecause = body.Because,
            ExpiresAt = status is "approved" ? now + (row.WindowSeconds * 1_000_000) : row.ExpiresAt,
        };
        var plan = call.Act(
            action, TargetOf(row, call), [ApprovalStore.Decide(decided)],
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, Document(decided, call.Caller.Principal, now)));
        return plan with
        {
            Ask = (Ask.Act)plan.Ask with { Decides = row },
            Facts = call.Facts with
            {
                Hands = await hands.OfAsync(row.Requester, Stored.Strings(row.Acting), call.Cancel),
            },
            Event = (plan.Event with { Kind = kind, Subject = row.Requester, Task = row.Task })
                .With("approval", row.Id).With("approval_digest", row.Digest).With("approval_policy", row.Policy)
                .With("asked", row.Shown).Because(body.Because),
        };
    }

    /// <summary>Whom the policy names sees it whatever their scope; whoever asked sees what became of it.</summary>
    private static ActTarget TargetOf(ApprovalRow row, ActCall call) => new(
        $"approval {row.Id}",
        call.Caller.Principal.Operator is { } person && ApprovalRules.IsNamed(person, row) ? call.Team : row.Team,
        row.Requester);

    private static JsonObject Document(ApprovalRow row, Principal reader, long now)
    {
        var json = new JsonObject
        {
            ["id"] = row.Id,
            ["status"] = row.StatusAt(now),
            ["kind"] = row.Kind,
            ["because"] = row.Because,
            ["approvers"] = JsonNode.Parse(row.Approvers),
            ["window_seconds"] = row.WindowSeconds,
            ["created_at"] = Instant.Text(row.CreatedAt),
            ["expires_at"] = Instant.Text(row.ExpiresAt),
        };
        if (row.Task is not null) json["task"] = row.Task;
        if (row.DecidedBy is not null) json["decided_by"] = row.DecidedBy;
        if (row.DecidedAt is { } at) json["decided_at"] = Instant.Text(at);
        if (row.DecidedBecause is not null) json["decided_because"] = row.DecidedBecause;
        if (row.UsedAt is { } used) json["used_at"] = Instant.Text(used);
        json["asked"] = JsonNode.Parse(row.Shown);
        if (reader.Operator is null) return json;
        json["requester"] = row.Requester;
        json["subject"] = row.Subject;
        if (row.Team is not null) json["team"] = row.Team;
        json["barred"] = JsonNode.Parse(row.Barred);
        json["digest"] = row.Digest;
        json["policy"] = row.Policy;
        return json;
    }
}
