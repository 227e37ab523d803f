using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;

namespace Writ.Server.Access;

/// <summary>
/// POST /access/v1/evaluations: many questions in one call (AuthZEN 1.0 §7). Each is decided and recorded by itself;
/// the records of all that are asked at once share their writes.
/// </summary>
public sealed class EvaluationsEndpoint(ActRoad acts, EvaluationEndpoint single, Evaluator evaluator)
{
    private const int MaxBody = 256 * 1024;

    public Task HandleAsync(HttpContext http)
    {
        AskingRequest.Echo(http);
        return acts.HandleAsync(http, EvaluateAsync, Door.Questions);
    }

    private async Task<ActPlan> EvaluateAsync(ActCall call)
    {
        const string action = EvaluationEndpoint.Action;
        var (body, fault) = await EvaluationForm.ReadAsync(call.Http, MaxBody);
        if (fault is not null) return call.Refuse(fault.Status, fault.Code, fault.Detail, action);
        var (form, mistake) = EvaluationsForm.Read(body);
        if (mistake is not null) return call.Invalid(mistake, action);
        if (form is null) return await single.PlanAsync(call, body);
        var target = new ActTarget($"{form.Questions.Count} evaluations", call.Team, call.Caller.Principal.Id);
        return call.Read(action, target, async http =>
        {
            var answers = form.StopsAt is { } end
                ? await UntilAsync(call, form, end)
                : await Task.WhenAll(form.Questions.Select(q => evaluator.AnswerAsync(call, q)));
            await Answers.JsonAsync(
                http, StatusCodes.Status200OK, new JsonObject { ["evaluations"] = new JsonArray([.. answers]) });
        });
    }

    private async Task<IReadOnlyList<JsonObject>> UntilAsync(ActCall call, EvaluationsForm form, bool end)
    {
        var answers = new List<JsonObject>();
        foreach (var question in form.Questions)
        {
            answers.Add(await evaluator.AnswerAsync(call, question));
            if (answers[^1]["decision"]!.GetValue<bool>() == end) break;
        }
        return answers;
    }
}
