using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>/v1/identities: register, list, show, change.</summary>
public sealed class IdentityEndpoints(
    Settings settings, IdentityParts parts, IdentityNames names, IdentityForm form, KeyReader reader,
    RevocationLog revocations)
{
    public async Task<ActPlan> CreateAsync(ActCall call)
    {
        const string create = "identity:create";
        var (body, refusal) = await call.ReadAsync<CreateIdentityRequest>(create);
        if (body is null) return refusal!;
        if (!IdentityKind.All.Contains(body.Kind, StringComparer.Ordinal))
            return call.Invalid($"kind is one of {string.Join(", ", IdentityKind.All)}.", create);
        if (body.Purpose is null) return call.Invalid("purpose is required.", create);
        var (id, misnamed) = names.New(body.Name, body.Id, body.Kind!);
        if (id is null) return call.Invalid(misnamed!, create);
        var (row, fault) = await form.ApplyAsync(New(call, id, body.Kind!), body, call.Registry, call.Now);
        if (row is null) return call.Invalid(fault!, create);
        var (keys, weak) = KeysOf(body.Keys ?? [], id, call.Now);
        if (keys is null) return call.Refuse(400, "invalid_key", weak!, create);

        var exceptional = form.IsException(null, row);
        var entitlements = Stored.Authority(row.Entitlements);
        List<Claim> effects =
        [
            new Claim.Effect(tx => ResourceStore.HoldAsync(tx, entitlements.Locations)),
            new Claim.Effect(tx => IdentityStore.InsertAsync(tx, row)),
            parts.Findings.OfChange(null, row, await parts.Principals.IsOperatorAsync(row.Owner)),
        ];
        foreach (var key in keys)
        {
            effects.Add(new Claim.Effect(tx => PrincipalKeyStore.InsertAsync(tx, key.Row, row.CreatedBy!)));
            effects.Add(parts.Findings.OfKey(row, key.Row));
        }
        var plan = call.Act(
            exceptional ? "identity:except" : create,
            new ActTarget($"identity {id}", row.Team, GivesAuthority: entitlements), effects,
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status201Created, IdentityDocument.Of(
                row, IdentityDocument.Keys(keys, call.Now.ToMicros()))));
        return plan with { Event = Describe(plan.Event, row).With("creates", "true") };
    }

    public Task<ActPlan> ListAsync(ActCall call)
    {
        const string action = "identity:read";
        var label = call.Query("label");
        if (label is not null && IdentityForm.LabelPair(label) is null)
            return Task.FromResult<ActPlan>(call.Invalid("label is written name:value.", action));
        return Task.FromResult<ActPlan>(call.Read(
            action, new ActTarget("identities", call.Query("team") ?? call.Team), async http =>
            {
                var owner = call.Query("owner") is { } who ? await parts.Principals.OwnerAsync(who) : null;
                var filter = new IdentityFilter(
                    call.Query("kind"), owner, call.Query("team") ?? call.Team, call.Query("status"),
                    IdentityForm.LabelPair(label), call.Query("after"), call.Limit);
                var rows = await parts.Identities.ListAsync(filter, http.RequestAborted);
                var next = rows.Count == filter.Limit ? rows[^1].Id : null;
                await Answers.PageAsync(http, rows.Select(r => IdentityDocument.Of(r)), next);
            }));
    }

    public async Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "identity:read";
        if (await FindAsync(call) is not { } row) return call.NotFound("identity", action);
        return call.Read(action, new ActTarget($"identity {row.Id}", row.Team), async http =>
        {
            var keys = await parts.Keys.OfAsync(row.Id, http.RequestAborted);
            var document = IdentityDocument.Of(row, IdentityDocument.Keys(keys, call.Now.ToMicros()));
            if (await parts.Suspensions.OfAsync(row, http.RequestAborted) is { } stopped)
                document["suspended"] = stopped;
            await Answers.JsonAsync(http, StatusCodes.Status200OK, document);
        });
    }

    /// <summary>Where it may do less than before, all that it holds dies: also what would still be right.</summary>
    public async Task<ActPlan> ChangeAsync(ActCall call)
    {
        const string update = "identity:update";
        var (body, refusal) = await call.ReadAsync<IdentityChanges>(update);
        if (body is null) return refusal!;
        if (await FindAsync(call) is not { } before) return call.NotFound("identity", update);
        if (before.Status == IdentityStatus.Decommissioned)
            return call.Refuse(409, "conflict", "The identity is decommissioned.", update);
        if (body.Version is { } version && version != before.Version)
            return call.Refuse(409, "conflict", "The identity was changed by somebody else.", update);
        var (after, fault) = await form.ApplyAsync(before, body, call.Registry, call.Now);
        if (after is null) return call.Invalid(fault!, update);

        var entitlements = Stored.Authority(after.Entitlements);
        // Who clears an identity for more, or frees it from tasks, answers for all that it may then reach.
        var gained = RaisesReach(before, after)
            ? entitlements
            : RegisteredAuthority.Gained(Stored.Authority(before.Entitlements), entitlements);
        var target = new ActTarget($"identity {before.Id}", before.Team, GivesAuthority: gained)
        {
            OtherTeams = [after.Team],
        };
        var narrows = Narrows(before, after) || form.OutlivesChange(before, after, call.Now);
        List<Claim> effects =
        [
            new Claim.Effect(tx => ResourceStore.HoldAsync(tx, gained.Locations)),
            new Claim.Effect(tx => IdentityStore.UpdateAsync(
                tx, narrows ? after with { DeadUntil = revocations.DeadUntil(tx.Now) } : after)),
            parts.Findings.OfChange(before, after, await parts.Principals.IsOperatorAsync(after.Owner)),
        ];
        if (narrows) effects.Add(revocations.RevokePrincipal(before.Id, "narrowed"));
        var plan = call.Act(
            form.IsException(before, after) ? "identity:except" : update, target, effects,
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, IdentityDocument.Of(after with { Version = after.Version + 1 })));
        return plan with { Event = Describe(plan.Event, after) };
    }

    private static bool RaisesReach(IdentityRow before, IdentityRow after) =>
        Classification.Rank(after.Clearance) > Classification.Rank(before.Clearance)
        || (after.ImplicitTask && !before.ImplicitTask);

    private static bool Narrows(IdentityRow before, IdentityRow after) =>
        !Narrowing.Contains(Stored.Authority(after.Entitlements), Stored.Authority(before.Entitlements))
        || Classification.Rank(after.Clearance) < Classification.Rank(before.Clearance)
        || (before.Bearer && !after.Bearer) || (before.ImplicitTask && !after.ImplicitTask);

    private IdentityRow New(ActCall call, string id, string kind) => new()
    {
        Id = id,
        Kind = kind,
        Owner = call.Caller.Principal.Id,
        Team = call.HomeTeam,
        Purpose = "",
        Clearance = "internal",
        CreatedAt = call.Now.ToMicros(),
        CreatedBy = call.Caller.Principal.Id,
        ExpiresAt = (call.Now + settings.IdentityLife).ToMicros(),
    };

    private (IReadOnlyList<OfferedKey.Accepted>? Keys, string? Fault) KeysOf(
        IReadOnlyList<KeyRequest> requests, string id, DateTimeOffset now)
    {
        if (requests.Count > PrincipalKeyStore.MostInForce)
            return (null, $"At most {PrincipalKeyStore.MostInForce} keys.");
        var keys = new List<OfferedKey.Accepted>();
        foreach (var request in requests)
        {
            var offered = reader.Read(request, id, now);
            if (offered is OfferedKey.Refused refused) return (null, refused.Detail);
            keys.Add((OfferedKey.Accepted)offered);
        }
        return (keys, null);
    }

    private Task<IdentityRow?> FindAsync(ActCall call) => names.IdOf(call.Route("name")) is { } id
        ? parts.Identities.FindAsync(id, call.Cancel)
        : Task.FromResult<IdentityRow?>(null);

    private static Audit.AuditEvent Describe(Audit.AuditEvent e, IdentityRow row) => (e with { Subject = row.Id })
        .With("kind", row.Kind).With("owner", row.Owner).With("team", row.Team).With("purpose", row.Purpose)
        .With("entitlements", row.Entitlements).With("clearance", row.Clearance)
        .With("expires_at", Instant.Text(row.ExpiresAt))
        .With("max_token_seconds", row.MaxTokenSeconds?.ToString(System.Globalization.CultureInfo.InvariantCulture))
        .With("bearer", row.Bearer ? "true" : null).With("implicit_task", row.ImplicitTask ? "true" : null);
}

/// <summary>What the endpoints of identities read, and what they raise.</summary>
public sealed record IdentityParts(
    IdentityStore Identities, PrincipalKeyStore Keys, PrincipalNames Principals, IdentityFindings Findings,
    Suspensions Suspensions);
