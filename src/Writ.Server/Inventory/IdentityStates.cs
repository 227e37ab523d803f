using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>/v1/identities/…/suspend, resume, decommission: active ⇄ suspended → decommissioned.</summary>
public sealed class IdentityStates(IdentityStore identities, IdentityNames names, RevocationLog revocations)
{
    /// <summary>Its tokens die at once; its tasks stay open, and wait for it.</summary>
    public Task<ActPlan> SuspendAsync(ActCall call) => TurnAsync(call, "identity:suspend", (row, _) =>
    [
        new Claim.Effect(tx => IdentityStore.SuspendAsync(tx, row.Id, revocations.DeadUntil(tx.Now))),
        revocations.RevokePrincipal(row.Id, "suspended"),
    ]);

    /// <summary>Tokens of before stay dead: it is refused until all clocks agree on what was before.</summary>
    public Task<ActPlan> ResumeAsync(ActCall call) => TurnAsync(call, "identity:resume", (row, _) =>
        [new Claim.Effect(tx => IdentityStore.ResumeAsync(tx, row.Id))]);

    /// <summary>Final. All that it ever got dies; the row and its records stay.</summary>
    public Task<ActPlan> DecommissionAsync(ActCall call) => TurnAsync(call, "identity:decommission", (row, reason) =>
    [
        new Claim.Effect(tx => IdentityStore.DecommissionAsync(tx, row.Id, revocations.DeadUntil(tx.Now))),
        new Claim.Effect(async tx =>
        {
            await PrincipalKeyStore.RevokeAllAsync(tx, row.Id);
            await FindingStore.MendAllAsync(tx, row.Id);
            return null;
        }),
        revocations.RevokePrincipal(row.Id, "decommissioned"),
        revocations.EndTasksOf(row.Id, TaskStatusName.Cancelled, reason ?? "decommissioned"),
    ]);

    private async Task<ActPlan> TurnAsync(
        ActCall call, string action, Func<IdentityRow, string?, IReadOnlyList<Claim>> effects)
    {
        var (body, refusal) = await call.ReadOptionalAsync<ReasonRequest>(action);
        if (body is null) return refusal!;
        if (body.Reason is not null && !PlainText.IsText(body.Reason))
            return call.Invalid("reason is a short text.", action);
        if (names.IdOf(call.Route("name")) is not { } id || await identities.FindAsync(id, call.Cancel) is not { } row)
            return call.NotFound("identity", action);
        var plan = call.Act(
            action, new ActTarget($"identity {row.Id}", row.Team), effects(row, body.Reason),
            async (http, _) => await Answers.JsonAsync(
                http, StatusCodes.Status200OK, IdentityDocument.Of((await identities.FindAsync(row.Id))!)));
        return plan with { Event = (plan.Event with { Subject = row.Id }).Because(body.Reason) };
    }
}
