using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>/v1/operators: list, show, invite, change the role, remove.</summary>
public sealed class OperatorEndpoints(
    Settings settings, OperatorStore operators, PrincipalKeyStore keys, PrincipalNames names,
    RevocationLog revocations, IdSource ids)
{
    public Task<ActPlan> ListAsync(ActCall call)
    {
        var filter = new OperatorFilter(call.Team, call.Query("after"), call.Limit);
        return Task.FromResult<ActPlan>(call.Read("operator:read", new ActTarget("operators", call.Team), async http =>
        {
            var rows = await operators.ListAsync(filter, http.RequestAborted);
            var items = rows.Select(r => OperatorDocument.Of(r, null, call.Now.ToMicros()));
            await Answers.PageAsync(http, items, rows.Count == filter.Limit ? rows[^1].Id : null);
        }));
    }

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "operator:read";
        if (await FindAsync(call) is not { } row) return call.NotFound("operator", action);
        return call.Read(action, new ActTarget($"operator {row.Id}", row.Team), async http => await Answers.JsonAsync(
            http, StatusCodes.Status200OK,
            OperatorDocument.Of(row, await keys.OfAsync(row.Id, http.RequestAborted), call.Now.ToMicros())));
    }

    /// <summary>Makes a code: for somebody new, or for a further key of somebody who lost theirs.</summary>
    public async Task<ActPlan> InviteAsync(ActCall call)
    {
        const string action = "operator:invite";
        var (body, refusal) = await call.ReadAsync<EnrolmentRequest>(action);
        if (body is null) return refusal!;
        if (!PlainText.IsName(body.Name)) return call.Invalid($"name is {PlainText.NameRule}.", action);
        if (Fault(body.Role, body.Team) is { } fault) return call.Invalid(fault, action);
        var id = names.OperatorId(body.Name!);
        var known = await operators.FindAsync(id, call.Cancel);
        var same = known is { Status: IdentityStatus.Active } && known.Role == body.Role && known.Team == body.Team;
        if (known is not null && !same)
            return call.Refuse(409, "conflict", $"{body.Name} is there with another role, or was removed.", action);
        var (code, row) = EnrolmentCodes.Make(body.Name!, body.Role!, body.Team, call.Caller.Principal.Id, call.Now);
        var store = new Claim.Effect(tx => InviteAsync(tx, call.Caller.Principal.Operator, row));
        var target = new ActTarget($"operator {id}", body.Team, Gives: new Gift(body.Role!, body.Team));
        var plan = call.Act(action, target, [store], (http, _) => Answers.JsonAsync(
            http, StatusCodes.Status201Created, EnrolmentCode.Of(code, row, settings.Issuer)));
        return plan with { Event = (plan.Event with { Subject = id }).With("role", row.Role).With("team", row.Team) };
    }

    /// <summary>A new code replaces those for the same name, but only where its maker could have made them: else the
    /// name of somebody who is invited with more power could be taken before they come.</summary>
    private static async Task<ClaimFailure?> InviteAsync(StoreTransaction tx, OperatorRow? maker, EnrolmentRow row)
    {
        foreach (var open in await EnrolmentStore.OpenForAsync(tx, row.Name))
            if (maker is null || !ManagementActions.Covers(maker, new Gift(open.Role, open.Team)))
                return ClaimFailure.Conflict(
                    $"{row.Name} is invited already, with a role that you cannot give: wait until that code ends.");
        await EnrolmentStore.WithdrawForAsync(tx, row.Name);
        await EnrolmentStore.InsertAsync(tx, row);
        return null;
    }

    /// <summary>Answers with the keys, too: whoever is given more power acts by them, whoever made them.</summary>
    public async Task<ActPlan> ChangeAsync(ActCall call)
    {
        const string action = "operator:update";
        var (body, refusal) = await call.ReadAsync<OperatorChanges>(action);
        if (body is null) return refusal!;
        if (await FindAsync(call) is not { Status: IdentityStatus.Active } row)
            return call.NotFound("operator", action);
        if (body.Version is { } version && version != row.Version)
            return call.Refuse(409, "conflict", "The operator was changed by somebody else.", action);
        if (body is { WholeDomain: true, Team: not null })
            return call.Invalid("team and whole_domain exclude each other.", action);
        var changed = row with
        {
            Role = body.Role ?? row.Role,
            Team = body.WholeDomain is true ? null : body.Team ?? row.Team,
        };
        if (Fault(changed.Role, changed.Team) is { } fault) return call.Invalid(fault, action);
        var target = new ActTarget($"operator {row.Id}", row.Team, Gives: new Gift(changed.Role, changed.Team));
        List<Claim> effects = [];
        if (IsDomainOwner(row) && !IsDomainOwner(changed)) effects.Add(KeepAnOwner(row));
        // Any other role or team may be less power than the codes were made with.
        if (changed.Role != row.Role || changed.Team != row.Team) effects.Add(Withdraw(row));
        effects.Add(new Claim.Effect(tx => OperatorStore.UpdateAsync(tx, changed)));
        var plan = call.Act(action, target, effects, async (http, _) => await Answers.JsonAsync(
            http, StatusCodes.Status200OK, OperatorDocument.Of(
                changed with { Version = changed.Version + 1 }, await keys.OfAsync(row.Id), call.Now.ToMicros())));
        return plan with
        {
            Event = (plan.Event with { Subject = row.Id })
                .With("role", changed.Role).With("team", changed.Team).With("was", $"{row.Role} {row.Team}".TrimEnd()),
        };
    }

    /// <summary>Final: keys, tokens and codes die; the row stays, and its name is never given again.</summary>
    public async Task<ActPlan> RemoveAsync(ActCall call)
    {
        const string action = "operator:remove";
        if (await FindAsync(call) is not { Status: IdentityStatus.Active } row)
            return call.NotFound("operator", action);
        var gone = row with { Status = IdentityStatus.Decommissioned };
        var target = new ActTarget($"operator {row.Id}", row.Team, Gives: new Gift(row.Role, row.Team));
        List<Claim> effects = [];
        if (IsDomainOwner(row)) effects.Add(KeepAnOwner(row));
        effects.AddRange(
            Withdraw(row),
            new Claim.Effect(tx =>
                OperatorStore.UpdateAsync(tx, gone with { DeadUntil = revocations.DeadUntil(tx.Now) })),
            new Claim.Effect(async tx => { await PrincipalKeyStore.RevokeAllAsync(tx, row.Id); return null; }),
            revocations.RevokePrincipal(row.Id, "removed"),
            revocations.EndTasksOf(row.Id, TaskStatusName.Cancelled, "removed"),
            Orphans(row));
        var plan = call.Act(action, target, effects, (http, _) => Answers.NoContentAsync(http));
        return plan with { Event = plan.Event with { Subject = row.Id } };
    }

    private Task<OperatorRow?> FindAsync(ActCall call) =>
        PlainText.IsName(call.Route("name"))
            ? operators.FindAsync(names.OperatorId(call.Route("name")), call.Cancel)
            : Task.FromResult<OperatorRow?>(null);

    private static string? Fault(string? role, string? team)
    {
        if (!OperatorRole.All.Contains(role, StringComparer.Ordinal)) return "role is viewer, operator or owner.";
        return team is null || PlainText.IsName(team) ? null : $"team is {PlainText.NameRule}.";
    }

    private static bool IsDomainOwner(OperatorRow row) => row is { Role: OperatorRole.Owner, Team: null };

    private static Claim.Effect KeepAnOwner(OperatorRow row) =>
        new(tx => OperatorStore.RequireAnotherOwnerAsync(tx, row.Id));

    /// <summary>Codes that somebody made with a power that they no longer have, and those made for them.</summary>
    private static Claim.Effect Withdraw(OperatorRow row) => new(async tx =>
    {
        await EnrolmentStore.WithdrawByAsync(tx, row.Id);
        await EnrolmentStore.WithdrawForAsync(tx, row.Name);
        return null;
    });

    /// <summary>What they owned has nobody now who would mend it.</summary>
    private Claim.Effect Orphans(OperatorRow row) => new(async tx =>
    {
        foreach (var identity in await IdentityStore.OwnedByAsync(tx, row.Id))
            await FindingStore.RaiseAsync(tx, FindingRow.Orphaned(ids.Next("find"), identity, tx.Now));
        return null;
    });
}
