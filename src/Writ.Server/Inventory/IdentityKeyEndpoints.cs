using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>
/// /v1/identities/…/keys: rotation with overlap. An operator of its team adds any kind of key; the identity itself a
/// public key or certificate, with the proof of a key in force that every management call carries.
/// </summary>
public sealed class IdentityKeyEndpoints(
    IdentityParts parts, IdentityNames names, KeyReader reader, RevocationLog revocations)
{
    public async Task<ActPlan> AddAsync(ActCall call)
    {
        const string action = "key:add";
        var (body, refusal) = await call.ReadAsync<KeyRequest>(action);
        if (body is null) return refusal!;
        if (await FindAsync(call) is not { } row) return call.NotFound("identity", action);
        if (row.Status == IdentityStatus.Decommissioned)
            return call.Refuse(409, "conflict", "The identity is decommissioned.", action);
        var own = call.Caller.Principal.Id == row.Id;
        if (own && body.Kind is not (PrincipalKeyKind.Jwk or PrincipalKeyKind.Certificate))
            return call.Refuse(403, "not_yours", "An identity adds a jwk or a certificate to itself.", action);
        var offered = reader.Read(body, row.Id, call.Now);
        if (offered is OfferedKey.Refused weak) return call.Refuse(400, "invalid_key", weak.Detail, action);
        var key = (OfferedKey.Accepted)offered;
        var plan = call.Act(
            action, new ActTarget($"identity {row.Id}", row.Team, Owner: row.Id),
            [
                new Claim.Effect(tx => PrincipalKeyStore.InsertAsync(tx, key.Row, call.Caller.Principal.Id)),
                parts.Findings.OfKey(row, key.Row),
            ],
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status201Created, KeyReader.Document(key.Row, call.Now.ToMicros(), key.Secret)));
        return plan with
        {
            Event = (plan.Event with { Subject = row.Id })
                .With("key", key.Row.Id).With("kind", key.Row.Kind).With("thumbprint", key.Row.Thumbprint),
        };
    }

    public async Task<ActPlan> RevokeAsync(ActCall call)
    {
        const string action = "key:revoke";
        if (await FindAsync(call) is not { } row) return call.NotFound("identity", action);
        var id = call.Route("id");
        var plan = call.Act(
            action, new ActTarget($"identity {row.Id}", row.Team, Owner: row.Id),
            [
                new Claim.Effect(tx =>
                    PrincipalKeyStore.RevokeAsync(tx, row.Id, id, revocations.DeadUntil(tx.Now))),
                // Whoever held the key may hold tokens by it, bound to a key of their own: they end with it.
                revocations.RevokePrincipal(row.Id, "key_revoked"),
                IdentityFindings.OfRevokedKey(id),
            ],
            (http, _) => Answers.NoContentAsync(http));
        return plan with { Event = (plan.Event with { Subject = row.Id }).With("key", id) };
    }

    private Task<IdentityRow?> FindAsync(ActCall call) => names.IdOf(call.Route("name")) is { } id
        ? parts.Identities.FindAsync(id, call.Cancel)
        : Task.FromResult<IdentityRow?>(null);
}
