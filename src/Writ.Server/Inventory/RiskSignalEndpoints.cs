using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>
/// /v1/identities/…/signals: what somebody observed of an identity, as a number. Their sum is its risk, a fact of every
/// decision; what it holds is decided again at once.
/// </summary>
public sealed class RiskSignalEndpoints(IdentityStore identities, IdentityNames names, IdSource ids)
{
    private const int MaxScore = 1000;
    private const int MaxSeconds = 30 * 86_400;
    private const int UsualSeconds = 3600;

    /// <summary>Writes a signal in the place of the caller's own of that name; one of score 0 only ends them. What
    /// others observed only an operator of the whole trust domain takes back.</summary>
    public async Task<ActPlan> WriteAsync(ActCall call)
    {
        const string action = "signal:write";
        var (body, refusal) = await call.ReadAsync<RiskSignalRequest>(action);
        if (body is null) return refusal!;
        if (!PlainText.IsName(body.Name)) return call.Invalid($"name is {PlainText.NameRule}.", action);
        if (body.Score is not (>= 0 and <= MaxScore)) return call.Invalid($"score is 0 to {MaxScore}.", action);
        if (body.Seconds is < 1 or > MaxSeconds) return call.Invalid($"seconds are 1 to {MaxSeconds}.", action);
        if (names.IdOf(call.Route("name")) is not { } id || await identities.FindAsync(id, call.Cancel) is not { } row)
            return call.NotFound("identity", action);
        var signal = new RiskSignalRow
        {
            Id = ids.Next("sig"),
            Identity = row.Id,
            Name = body.Name!,
            Score = body.Score.Value,
            Source = call.Caller.Principal.Id,
            At = call.Now.ToMicros(),
            ExpiresAt = call.Now.AddSeconds(body.Seconds ?? UsualSeconds).ToMicros(),
        };
        var takesBack = signal.Score == 0 && call.Caller.Principal.Operator is { Team: null };
        var plan = call.Act(
            action, new ActTarget($"identity {row.Id}", row.Team),
            [
                new Claim.Effect(async tx =>
                {
                    await RiskSignalStore.EndAsync(tx, row.Id, signal.Name, takesBack ? "" : signal.Source);
                    return signal.Score == 0 ? null : await RiskSignalStore.InsertAsync(tx, signal);
                }),
            ],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status200OK, Document(signal)));
        return plan with
        {
            Event = (plan.Event with { Subject = row.Id }).With("signal", signal.Name)
                .With("score", signal.Score.ToString(CultureInfo.InvariantCulture)),
        };
    }

    private static JsonObject Document(RiskSignalRow row) => new()
    {
        ["identity"] = row.Identity,
        ["name"] = row.Name,
        ["score"] = row.Score,
        ["source"] = row.Source,
        ["at"] = Instant.Text(row.At),
        ["expires_at"] = Instant.Text(row.ExpiresAt),
    };
}
