using System.Text.Json;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>
/// POST /access/v1/evaluation: the policy decision point for others (AuthZEN 1.0 §6). Yes and no are both answers, of
/// status 200, and both are records; who may not ask is refused.
/// </summary>
public sealed class EvaluationEndpoint(ActRoad acts, FactSource facts, IdSource ids)
{
    public const string Action = "access:evaluate";
    private const int MaxBody = 64 * 1024;

    public Task HandleAsync(HttpContext http)
    {
        AskingRequest.Echo(http);
        return acts.HandleAsync(http, EvaluateAsync, takesBearer: true);
    }

    private async Task<ActPlan> EvaluateAsync(ActCall call)
    {
        var (body, fault) = await EvaluationForm.ReadAsync(call.Http, MaxBody);
        return fault is null
            ? await PlanAsync(call, body)
            : call.Refuse(fault.Status, fault.Code, fault.Detail, Action);
    }

    /// <summary>The plan of one question.</summary>
    internal async Task<ActPlan> PlanAsync(ActCall call, JsonElement body)
    {
        var (question, mistake) = EvaluationForm.Read(body);
        if (question is null) return call.Invalid(mistake!, Action);
        var known = await facts.ForAccessAsync(question, call.Cancel);
        var id = ids.Next("dec");
        var ask = new Ask.Access { DecisionId = id, Caller = call.Caller, Question = question };
        return new ActPlan.Do(ask, EventOf(call, question))
        {
            Facts = known,
            // The answer says how things are: whoever was suspended meanwhile is not allowed anything.
            Effects = _ => known.Agent is { } subject ? [new Claim.PrincipalCurrent(subject.Id, subject.Version)] : [],
            Answer = (http, granted) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, EvaluationAnswer.Yes(id, ((Granting.Access)granted).Obligations)),
            AnswerNo = (http, denied) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, EvaluationAnswer.No(denied, call.Caller)),
        };
    }

    internal static AuditEvent EventOf(ActCall call, AccessQuestion question) =>
        (call.Event(Action) with { Subject = question.SubjectId, IsAnswer = true })
            .With("action", question.Action)
            .With("resource", $"{question.ResourceType} {question.ResourceId}")
            .With("asked_as", AskingRequest.IdOf(call.Http));
}
