using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Rego;
using Writ.Rego.Values;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Policies;

namespace Writ.Server.Access;

/// <summary>
/// OPA's <c>/v1/data</c>, for clients that know no other door. At <c>writ/decision</c> stands the broker's own decision
/// of a question, by the road of all questions, so that nobody takes the policy's word for the broker's; any other path
/// is the policy as it is, asked with what the caller sent: whoever queries it may read it (docs/opa.md).
/// </summary>
public sealed class DataEndpoint(
    ActRoad acts, Inquiries inquiries, Settings settings, QuestionBudget budget, TimeProvider time)
{
    private const string Action = "policy:query";
    private const int MostRecorded = 16 * 1024; // of a result; of larger ones the digest

    public Task HandleAsync(HttpContext http)
    {
        http.Features.Set(DataAnswer.Errors);
        AskingRequest.Echo(http);
        return acts.HandleAsync(http, PlanAsync, Door.Questions);
    }

    private async Task<ActPlan> PlanAsync(ActCall call)
    {
        var (query, fault) = await DataQuery.ReadAsync(call.Http);
        if (query is null) return call.Refuse(fault!.Status, fault.Code, fault.Detail, Action);
        return query.Path is ["writ", "decision", .. var rest]
            ? await DecideAsync(call, query, rest)
            : await QueryAsync(call, query);
    }

    /// <summary>The broker's decision, and which part of its document is wanted.</summary>
    private async Task<ActPlan> DecideAsync(ActCall call, DataQuery query, string[] part)
    {
        const string evaluate = EvaluationEndpoint.Action;
        if (query.Input is not { ValueKind: JsonValueKind.Object } input)
            return Invalid(call, "input is required: a question of AuthZEN (docs/access.md).", evaluate);
        var (question, mistake) = EvaluationForm.Read(input);
        if (question is null) return Invalid(call, mistake!, evaluate);
        var asked = await inquiries.OfAsync(call, question);
        var answer = new DataAnswer(query, asked.Ask.DecisionId, asked.Facts.Policy.Digest, time);
        return new ActPlan.Do(asked.Ask, asked.Event.With("path", string.Join('/', query.Path)))
        {
            Facts = asked.Facts,
            Effects = _ => asked.Claims,
            Answer = (http, granted) => answer.OfAsync(http, Part(
                EvaluationAnswer.Yes(asked.Ask.DecisionId, ((Granting.Access)granted).Obligations), part)),
            AnswerNo = (http, denied) => answer.OfAsync(http, Part(EvaluationAnswer.No(denied, call.Caller), part)),
        };
    }

    private static ActPlan.Refuse Invalid(ActCall call, string detail, string action) =>
        call.Refuse(StatusCodes.Status400BadRequest, "invalid_parameter", detail, action);

    /// <summary>Below it: <c>allow</c>, which clients of OPA look for, is the decision by another name.</summary>
    private static JsonNode? Part(JsonObject decision, string[] path)
    {
        decision["allow"] = decision["decision"]!.GetValue<bool>();
        JsonNode? node = decision;
        foreach (var name in path) node = (node as JsonObject)?[name];
        return node?.DeepClone();
    }

    private async Task<ActPlan> QueryAsync(ActCall call, DataQuery query)
    {
        if (!TryRead(query.Input, out var input))
            return Invalid(call, "A number of the input is beyond all bounds.", Action);
        var path = string.Join('/', query.Path);
        var policy = call.Facts.Policy;
        var target = new ActTarget($"data {path}", call.Team) { At = [.. PlacesOf(query.Path)] };
        var plan = call.Act(Action, target, [], (_, _) => Task.CompletedTask);
        var answer = new DataAnswer(query, plan.Ask.DecisionId, policy.Digest, time);
        QueryAnswer? found = null;
        return plan with
        {
            Event = plan.Event.With("path", path).With("input", input?.ToJson()).With("queried_policy", policy.Digest),
            Work = e =>
            {
                var (began, used) = (time.GetTimestamp(), ThreadTime.Nanoseconds);
                found = policy.Documents.Query(query.Path, input, query.IsStrict, call.Now, time);
                budget.ChargeTime(call.Caller.Principal.Id, ThreadTime.Nanoseconds - used);
                answer.Evaluation = time.GetElapsedTime(began);
                return Task.FromResult(Describe(e, found));
            },
            Answer = (http, _) => answer.OfAsync(http, found!), // a yes is worked out before it is one
        };
    }

    private static AuditEvent Describe(AuditEvent e, QueryAnswer found)
    {
        if (found is QueryAnswer.Failed failed) return e.With("fault", failed.Why.ToString());
        var result = (found as QueryAnswer.Defined)?.Value.ToJson();
        return result is not { Length: > MostRecorded }
            ? e.With("result", result)
            : e.With("result_sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(result))));
    }

    private static bool TryRead(JsonElement? sent, out RegoValue? input)
    {
        input = null;
        try
        {
            if (sent is { } json) input = RegoValue.ParseJson(json.GetRawText());
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    /// <summary>Where an identity may hold an entitlement for a path: at it, or above it. The broker's own packages and
    /// OPA's are for operators alone.</summary>
    private IEnumerable<string> PlacesOf(string[] path)
    {
        if (path[0] is "writ" or "system") yield break;
        var place = settings.Url("/v1/data");
        foreach (var part in path)
        {
            place += "/" + Uri.EscapeDataString(part);
            yield return place;
        }
    }
}
