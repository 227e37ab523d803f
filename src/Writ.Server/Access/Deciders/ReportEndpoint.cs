using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Access.Deciders;

/// <summary>
/// POST /access/v1/decisions: what an API decided by itself becomes records, in its order and once each, however often
/// it is sent: a spool's numbers only grow. The records say who says so; whether it was right is not asked again.
/// </summary>
public sealed class ReportEndpoint(QuestionBudget budget)
{
    public const string Action = "access:report";
    /// <summary>The kind of the records.</summary>
    public const string Kind = "access.local";
    private const int MaxBody = 1024 * 1024;
    private const int MaxDecisions = 256;
    private const int ShortestName = 16;
    private const int LongestName = 64;

    public async Task<ActPlan> ReportAsync(ActCall call)
    {
        var (body, refusal) = await call.ReadAsync<ReportRequest>(Action, MaxBody);
        if (body is null) return refusal!;
        if (body.Spool is not { Length: >= ShortestName and <= LongestName }
            || !body.Spool.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            return call.Invalid($"spool is {ShortestName} to {LongestName} letters, digits, - and _.", Action);
        if (body.First is < 1 or > long.MaxValue / 2) return call.Invalid("first is 1 or more.", Action);
        if (body.Decisions is not { Count: > 0 and <= MaxDecisions })
            return call.Invalid($"decisions are 1 to {MaxDecisions}.", Action);
        var asking = call.Caller.Principal;
        var owner = BundleEndpoint.MayDecide(asking) ? asking.Id : null;
        var target = new ActTarget($"spool {body.Spool}", call.Team, owner) { OwnerOnly = true };
        var taken = new Taken();
        // Here, not in the transaction, which all records of this moment share.
        List<Judged> judged = owner is null
            ? []
            : [.. body.Decisions.Select((one, i) => Judge(call, body.Spool, body.First + i, one))];
        var plan = call.Act(
            Action, target, [new Claim.Effect(tx => TakeAsync(tx, call, body, judged, taken))],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status200OK, taken.ToJson()));
        budget.ChargeBytes(asking.Id, call.Http.Request.Body.Length); // it becomes records one to one
        return plan with { Event = plan.Event.With("decisions", Number(body.Decisions.Count)) };
    }

    private static async Task<ClaimFailure?> TakeAsync(
        StoreTransaction tx, ActCall call, ReportRequest body, IReadOnlyList<Judged> judged, Taken taken)
    {
        taken.Refused.Clear(); // a transaction may be tried again
        var who = call.Caller.Principal.Id;
        var end = body.First + body.Decisions.Count;
        var (next, failure) = await RecordStore.TakeSpoolAsync(tx, body.Spool, who, end);
        if (failure is not null) return failure;
        taken.Next = Math.Max(next, end);
        var records = new List<(AuditEvent Event, bool IsYes)>();
        for (var number = Math.Max(next, body.First); number < end; number++)
        {
            var one = judged[(int)(number - body.First)];
            if (one.Refusal is { } reason) taken.Refused.Add((number, reason));
            else records.Add((one.Event!, one.IsYes));
        }
        await FurtherRecords.WriteAsync(tx, records);
        return null;
    }

    private static Judged Judge(ActCall call, string spool, long number, ReportedDecision decision) =>
        Refusal(call, decision) is { } reason
            ? new Judged(null, false, reason)
            : new Judged(EventOf(call, spool, number, decision), decision.Decision, null);

    private static Reason? Refusal(ActCall call, ReportedDecision decision)
    {
        if (decision.Fault() is { } fault) return new Reason("invalid_request", $"It is malformed: {fault}.");
        var registry = call.Registry;
        var isKnown = registry.ByUri.TryGetValue(decision.ResourceId, out var row)
            || (decision.ResourceType == "resource" && registry.ByName.TryGetValue(decision.ResourceId, out row));
        // What was nobody's is nobody's: a no about it reveals and gives nothing.
        if (!isKnown) return decision.Decision ? Reason.NotYours : null;
        return AccessRules.MayLetInto(call.Caller.Principal.Identity!, row!) ? null : Reason.NotYours;
    }

    private static AuditEvent EventOf(ActCall call, string spool, long number, ReportedDecision said) =>
        (call.Event(Action) with
        {
            Kind = Kind,
            DecisionId = $"loc_{spool}_{Number(number)}",
            Subject = said.SubjectId,
            Task = said.Task,
            Reason = said.Code,
        })
        .With("action", said.Action)
        .With("resource", $"{said.ResourceType} {said.ResourceId}")
        .With("identifier", said.Identifier)
        .With("datatypes", Words(said.Datatypes))
        .With("decided_at", Number(said.At))
        .With("registry", Number(said.Registry))
        .With("asserted", said.Context)
        .With(PolicyDetail.Version, said.Policy)
        .With("policy_obligations", ObligationsOf(said))
        .With("policy_rules", Words(said.Rules))
        .With("policy_reasons", Words(said.Reasons))
        .With("policy_missing", Words(said.Missing));

    private static string? ObligationsOf(ReportedDecision said) =>
        said.Obligations is { ValueKind: JsonValueKind.Array } all && all.GetArrayLength() > 0
            ? all.GetRawText()
            : null;

    private static string? Words(IReadOnlyList<string>? words) =>
        words is null or { Count: 0 } ? null : string.Join(' ', words);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A decision as its record will be; or why it becomes none.</summary>
    private sealed record Judged(AuditEvent? Event, bool IsYes, Reason? Refusal);

    /// <summary>What became of a report; filled by its transaction.</summary>
    private sealed class Taken
    {
        public long Next { get; set; }

        public List<(long Number, Reason Reason)> Refused { get; } = [];

        public JsonObject ToJson() => new()
        {
            ["next"] = Next,
            ["refused"] = new JsonArray([.. Refused.Select(r => (JsonNode)new JsonObject
            {
                ["number"] = r.Number,
                ["code"] = r.Reason.Code,
                ["detail"] = r.Reason.Message,
            })]),
        };
    }
}
