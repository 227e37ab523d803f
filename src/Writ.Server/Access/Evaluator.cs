using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Access;

/// <summary>
/// Decides one question of many, and records it, before it has an answer (P1). The call itself is decided and recorded
/// already, with its one-time values.
/// </summary>
public sealed class Evaluator(ActRooms rooms, Attempts attempts, Inquiries inquiries)
{
    /// <summary>The answer; of a question that cannot be read or asked, a no that says so (AuthZEN 1.0 §7.2.1).
    /// </summary>
    public async Task<JsonObject> AnswerAsync(ActCall call, JsonElement body)
    {
        var who = call.Caller.Principal.Id;
        if (rooms.Budget.IsSpent(who))
        {
            rooms.Failures.CountUnheard(who, Reason.BudgetSpent.Code);
            return EvaluationAnswer.Error(
                StatusCodes.Status429TooManyRequests, Reason.BudgetSpent.Code, Reason.BudgetSpent.Message);
        }
        var (question, mistake) = EvaluationForm.Read(body);
        if (question is null)
        {
            var e = (call.Event(EvaluationEndpoint.Action) with { Reason = "invalid_request", IsAnswer = true })
                .With("why", mistake);
            await rooms.Audit.RefuseAsync(e, [], CancellationToken.None);
            return EvaluationAnswer.Error(StatusCodes.Status400BadRequest, "invalid_request", mistake!);
        }
        JsonObject? answer = null;
        await attempts.RunAsync(
            async hold =>
            {
                var (given, about) = await TryAsync(call, question, hold);
                return new Attempt(() => Keep(given), about is null ? null : call.Caller.Principal.Id);
            },
            call.Cancel);
        return answer!;

        Task Keep(JsonObject given)
        {
            answer = given;
            return Task.CompletedTask;
        }
    }

    /// <summary>An answer; or one that stands only if facts change on and on, with whom they are about.</summary>
    private async Task<(JsonObject Answer, string? Outdated)> TryAsync(
        ActCall call, AccessQuestion question, LogHold? hold)
    {
        var asked = await inquiries.OfAsync(call, question);
        var decision = await rooms.Decisions.DecideAsync(asked.Ask, asked.Facts, call.Cancel);
        List<Claim> claims = [];
        if (decision is Decision.Granted)
        {
            claims.AddRange(call.Caller.Claims.Where(c => c is not Claim.Once));
            claims.Add(new Claim.RegistryCurrent(asked.Facts.Registry.Version));
            claims.AddRange(asked.Claims);
        }
        return await rooms.Audit.AppendAsync(decision, asked.Event, claims, hold, CancellationToken.None) switch
        {
            Appended.Stale => (Refused(503, Reason.Stale), question.SubjectId),
            Appended.Refused { Failure: var failure } when failure == ClaimFailure.TaskEnded =>
                (EvaluationAnswer.No(Decision.Denied.Late(decision.Id, failure), call.Caller), null),
            Appended.Refused { Failure: var failure } =>
                (EvaluationAnswer.Error(StatusCodes.Status403Forbidden, failure.Code, failure.Message), null),
            _ when decision is Decision.Denied { Reason.IsOfCaller: true } no => (Refused(403, no.Reason), null),
            _ when decision is Decision.Denied no => (EvaluationAnswer.No(no, call.Caller), null),
            _ => (EvaluationAnswer.Yes(
                decision.Id, ((Granting.Access)((Decision.Granted)decision).Grant.What).Obligations), null),
        };

        static JsonObject Refused(int status, Reason reason) =>
            EvaluationAnswer.Error(status, reason.Code, reason.Message);
    }
}
