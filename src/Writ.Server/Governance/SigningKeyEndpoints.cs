using System.Text.Json.Nodes;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Revocations;
using Writ.Server.Signing;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>/v1/signing-keys: our own. To rotate is routine; to revoke kills all that the key ever signed.</summary>
public sealed class SigningKeyEndpoints(SigningKeys keys, KeyRotation rotation, RevocationLog revocations)
{
    public Task<ActPlan> ListAsync(ActCall call) => Task.FromResult<ActPlan>(
        call.Read("signing_key:read", new ActTarget("signing keys", null), http =>
        {
            var now = call.Now.ToMicros();
            var rows = Enum.GetValues<KeyPurpose>().SelectMany(keys.Rows).OrderBy(r => r.CreatedAt);
            return Answers.PageAsync(http, rows.Select(r => Document(r, now)), null);
        }));

    public async Task<ActPlan> RotateAsync(ActCall call)
    {
        const string action = "signing_key:rotate";
        var (body, refusal) = await call.ReadAsync<RotateRequest>(action);
        if (body is null) return refusal!;
        KeyPurpose? purpose = body.Purpose switch { "token" => KeyPurpose.Token, "feed" => KeyPurpose.Feed, _ => null };
        if (purpose is null) return call.Invalid("purpose is token or feed.", action);
        var (row, store) = rotation.Prepare(purpose.Value, call.Now);
        var plan = call.Act(action, new ActTarget($"signing key {row.Kid}", null), [store], async (http, _) =>
        {
            await keys.ReloadAsync(CancellationToken.None);
            await Answers.JsonAsync(http, StatusCodes.Status201Created, Document(row, call.Now.ToMicros()));
        });
        return plan with { Event = plan.Event.With("kid", row.Kid).With("purpose", row.Purpose) };
    }

    /// <summary>A key that signs now is replaced in the same transaction: there is never none.</summary>
    public async Task<ActPlan> RevokeAsync(ActCall call)
    {
        const string action = "signing_key:revoke";
        var (body, refusal) = await call.ReadOptionalAsync<RevokeKeyRequest>(action);
        if (body is null) return refusal!;
        if (body.Reason is not null && !PlainText.IsText(body.Reason))
            return call.Invalid("reason is a short text.", action);
        var kid = call.Route("kid");
        var purposes = Enum.GetValues<KeyPurpose>();
        if (purposes.SelectMany(keys.Rows).FirstOrDefault(r => r.Kid == kid) is not { } row)
            return call.NotFound("signing key", action);
        var purpose = purposes.First(p => SigningKeys.Name(p) == row.Purpose);
        var reason = body.Reason ?? "compromised";
        List<Claim> effects =
        [
            new Claim.Effect(tx => SigningKeyStore.RevokeAsync(tx, kid)),
            revocations.RevokeSigningKey(row),
        ];
        if (keys.Current(purpose)?.Kid == kid) effects.Add(rotation.Prepare(purpose, call.Now).Store);
        var plan = call.Act(action, new ActTarget($"signing key {kid}", null), effects, async (http, _) =>
        {
            await keys.ReloadAsync(CancellationToken.None);
            await Answers.NoContentAsync(http);
        });
        return plan with
        {
            Event = plan.Event.Because(body.Reason).With("kid", kid).With("purpose", row.Purpose),
        };
    }

    /// <summary>One key of a purpose signs: the newest whose time has come. The others verify theirs.</summary>
    private JsonObject Document(SigningKeyRow row, long now)
    {
        var purpose = Enum.GetValues<KeyPurpose>().First(p => SigningKeys.Name(p) == row.Purpose);
        var successor = keys.Rows(purpose).Where(r => r.ActiveFrom > row.ActiveFrom && r.RevokedAt is null)
            .Select(r => r.ActiveFrom).DefaultIfEmpty(row.RetiresAt).Min();
        return new JsonObject
        {
            ["kid"] = row.Kid,
            ["purpose"] = row.Purpose,
            ["state"] = row switch
            {
                { RevokedAt: not null } => "revoked",
                _ when row.GoneAt <= now => "gone",
                _ when row.ActiveFrom > now => "published",
                _ when keys.Current(purpose)?.Kid == row.Kid => "signs",
                _ => "verifies",
            },
            ["active_from"] = Instant.Text(row.ActiveFrom),
            ["retires_at"] = Instant.Text(Math.Min(row.RetiresAt, successor)),
            ["gone_at"] = Instant.Text(row.GoneAt),
        };
    }
}

/// <summary>The body that rotates a signing key.</summary>
public sealed record RotateRequest
{
    /// <summary>token or feed.</summary>
    public string? Purpose { get; init; }
}

/// <summary>The body that revokes a signing key.</summary>
public sealed record RevokeKeyRequest
{
    public string? Reason { get; init; }
}
