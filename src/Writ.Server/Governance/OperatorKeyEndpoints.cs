using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// /v1/operators/{name}/keys: operators rotate their own keys, and nobody else's: a key that an owner adds to somebody
/// would let the owner act in their name. Who lost theirs gets a new code.
/// </summary>
public sealed class OperatorKeyEndpoints(
    OperatorStore operators, PrincipalNames names, KeyReader reader, RevocationLog revocations)
{
    public async Task<ActPlan> AddAsync(ActCall call)
    {
        const string action = "key:add";
        var (body, refusal) = await call.ReadAsync<KeyRequest>(action);
        if (body is null) return refusal!;
        if (await FindAsync(call) is not { } row) return call.NotFound("operator", action);
        if (body.Kind is not (PrincipalKeyKind.Jwk or PrincipalKeyKind.Certificate))
            return call.Invalid("An operator's key is of kind jwk or certificate.", action);
        var offered = reader.Read(body, row.Id, call.Now);
        if (offered is OfferedKey.Refused weak) return call.Refuse(400, "invalid_key", weak.Detail, action);
        var key = ((OfferedKey.Accepted)offered).Row;
        var target = new ActTarget($"operator {row.Id}", row.Team, Owner: row.Id) { OwnerOnly = true };
        var plan = call.Act(
            action, target, [new Claim.Effect(tx => PrincipalKeyStore.InsertAsync(tx, key, row.Id))],
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status201Created, KeyReader.Document(key, call.Now.ToMicros())));
        return plan with
        {
            Event = (plan.Event with { Subject = row.Id }).With("key", key.Id).With("thumbprint", key.Thumbprint),
        };
    }

    /// <summary>One's own; or, by an owner, somebody else's that was lost or stolen.</summary>
    public async Task<ActPlan> RevokeAsync(ActCall call)
    {
        var own = call.Route("name") == call.Caller.Principal.Operator?.Name;
        var action = own ? "key:revoke" : "operator:update";
        if (await FindAsync(call) is not { } row) return call.NotFound("operator", action);
        var target = new ActTarget(
            $"operator {row.Id}", row.Team, Owner: row.Id, Gives: own ? null : new Gift(row.Role, row.Team));
        var id = call.Route("id");
        var plan = call.Act(
            action, target,
            [
                new Claim.Effect(tx =>
                    PrincipalKeyStore.RevokeAsync(tx, row.Id, id, revocations.DeadUntil(tx.Now))),
                // Whoever held the key may hold tokens by it, bound to a key of their own, and codes: they end with it.
                revocations.RevokePrincipal(row.Id, "key_revoked"),
                new Claim.Effect(async tx => { await EnrolmentStore.WithdrawByAsync(tx, row.Id); return null; }),
            ],
            (http, _) => Answers.NoContentAsync(http));
        return plan with { Event = (plan.Event with { Kind = "key.revoke", Subject = row.Id }).With("key", id) };
    }

    private async Task<OperatorRow?> FindAsync(ActCall call)
    {
        if (!PlainText.IsName(call.Route("name"))) return null;
        var id = names.OperatorId(call.Route("name"));
        return await operators.FindAsync(id, call.Cancel) is { Status: IdentityStatus.Active } row ? row : null;
    }
}
