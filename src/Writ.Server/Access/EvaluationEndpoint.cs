using System.Text.Json;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;

namespace Writ.Server.Access;

/// <summary>
/// POST /access/v1/evaluation: the policy decision point for others (AuthZEN 1.0 §6). Yes and no are both answers, of
/// status 200, and both are records; who may not ask is refused.
/// </summary>
public sealed class EvaluationEndpoint(ActRoad acts, Inquiries inquiries)
{
    public const string Action = "access:evaluate";
    private const int MaxBody = 64 * 1024;

    public Task HandleAsync(HttpContext http)
    {
        AskingRequest.Echo(http);
        return acts.HandleAsync(http, EvaluateAsync, Door.Questions);
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
        var asked = await inquiries.OfAsync(call, question);
        return new ActPlan.Do(asked.Ask, asked.Event)
        {
            Facts = asked.Facts,
            Effects = _ => asked.Claims,
            Answer = (http, granted) => Answers.JsonAsync(
                http, StatusCodes.Status200OK,
                EvaluationAnswer.Yes(asked.Ask.DecisionId, ((Granting.Access)granted).Obligations)),
            AnswerNo = (http, denied) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, EvaluationAnswer.No(denied, call.Caller)),
        };
    }
}
