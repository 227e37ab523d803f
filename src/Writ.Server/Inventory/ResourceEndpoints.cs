using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>
/// /v1/resources: what is protected. Deleting one ends every open task that may touch it, so that all its tokens die;
/// it is refused while an entitlement or a workflow names it.
/// </summary>
public sealed class ResourceEndpoints(Settings settings, PrincipalNames names, RevocationLog revocations)
{
    private const int MaxActions = 256;

    public async Task<ActPlan> CreateAsync(ActCall call)
    {
        const string action = "resource:create";
        var (body, refusal) = await call.ReadAsync<CreateResourceRequest>(action);
        if (body is null) return refusal!;
        if (NameFault(body) is { } misnamed) return call.Invalid(misnamed, action);
        if (body.Actions is null) return call.Invalid("actions are required.", action);
        var (row, fault) = await ApplyAsync(body, new ResourceRow
        {
            Name = body.Name!,
            Uri = body.Uri!,
            Owner = call.Caller.Principal.Id,
            Team = call.HomeTeam,
            Classification = "internal",
            Actions = "",
            CreatedAt = call.Now.ToMicros(),
        });
        if (row is null) return call.Invalid(fault!, action);
        var plan = call.Act(
            action, new ActTarget($"resource {row.Name}", row.Team),
            [new Claim.Effect(tx => ResourceStore.InsertAsync(tx, row))],
            (http, _) => Answers.JsonAsync(http, StatusCodes.Status201Created, Document(row)));
        return plan with { Event = Describe(plan.Event, row) };
    }

    public Task<ActPlan> ListAsync(ActCall call)
    {
        var team = call.Query("team") ?? call.Team;
        return Task.FromResult<ActPlan>(call.Read("resource:read", new ActTarget("resources", team), http =>
        {
            var after = call.Query("after");
            var rows = call.Registry.ByName.Values
                .Where(r => team is null || r.Team == team)
                .Where(r => after is null || string.CompareOrdinal(r.Name, after) > 0)
                .OrderBy(r => r.Name, StringComparer.Ordinal).Take(call.Limit).ToList();
            return Answers.PageAsync(http, rows.Select(Document), rows.Count == call.Limit ? rows[^1].Name : null);
        }));
    }

    public Task<ActPlan> ShowAsync(ActCall call)
    {
        const string action = "resource:read";
        return Task.FromResult<ActPlan>(Find(call) is { } row
            ? call.Read(action, new ActTarget($"resource {row.Name}", row.Team), http =>
                Answers.JsonAsync(http, StatusCodes.Status200OK, Document(row)))
            : call.NotFound("resource", action));
    }

    /// <summary>What it no longer knows, or somebody is not cleared for, is refused from the next token on.</summary>
    public async Task<ActPlan> ChangeAsync(ActCall call)
    {
        const string action = "resource:update";
        var (body, refusal) = await call.ReadAsync<ResourceChanges>(action);
        if (body is null) return refusal!;
        if (Find(call) is not { } before) return call.NotFound("resource", action);
        if (body.Version is { } version && version != before.Version)
            return call.Refuse(409, "conflict", "The resource was changed by somebody else.", action);
        var (row, fault) = await ApplyAsync(body, before);
        if (row is null) return call.Invalid(fault!, action);
        var plan = call.Act(
            action, new ActTarget($"resource {row.Name}", before.Team) { OtherTeams = [row.Team] },
            [new Claim.Effect(tx => ResourceStore.UpdateAsync(tx, row))],
            (http, _) => Answers.JsonAsync(
                http, StatusCodes.Status200OK, Document(row with { Version = row.Version + 1 })));
        return plan with { Event = Describe(plan.Event, row) };
    }

    public Task<ActPlan> DeleteAsync(ActCall call)
    {
        const string action = "resource:delete";
        if (Find(call) is not { } row) return Task.FromResult<ActPlan>(call.NotFound("resource", action));
        var plan = call.Act(
            action, new ActTarget($"resource {row.Name}", row.Team),
            [
                new Claim.Effect(tx => ResourceStore.DeleteAsync(tx, row)),
                revocations.EndTasksAt(row.Uri, TaskStatusName.Cancelled, "resource deleted"),
            ],
            (http, _) => Answers.NoContentAsync(http));
        return Task.FromResult<ActPlan>(plan with { Event = Describe(plan.Event, row) });
    }

    private static ResourceRow? Find(ActCall call) => call.Registry.ByName.GetValueOrDefault(call.Route("name"));

    private string? NameFault(CreateResourceRequest body)
    {
        if (!ResourceName.TryParse(body.Name, out _) || body.Name == ManagementActions.ResourceName)
            return "name is lower-case letters, digits, dots, dashes, underscores, and not “writ”.";
        // RFC 8707 §2: absolute, without fragment. One authority, one spelling: no user, no look-alike of the issuer.
        if (!AuthorizationDetail.IsLocation(body.Uri) || !IsCanonical(new Uri(body.Uri!, UriKind.Absolute), body.Uri!))
            return "uri is an absolute URI without fragment and user, its host in lower case, no default port.";
        var own = new[] { settings.Issuer, settings.MtlsIssuer }.OfType<string>()
            .Any(i => string.Equals(body.Uri!.TrimEnd('/'), i, StringComparison.OrdinalIgnoreCase));
        return own ? "The broker itself is not a resource to register." : null;
    }

    private static bool IsCanonical(Uri uri, string text)
    {
        var left = uri.GetLeftPart(UriPartial.Authority); // without a default port
        return uri.UserInfo.Length == 0
            && (uri.Host.Length == 0 || text == left || text.StartsWith(left + "/", StringComparison.Ordinal)
                || text.StartsWith(left + "?", StringComparison.Ordinal));
    }

    private async Task<(ResourceRow? Row, string? Fault)> ApplyAsync(ResourceChanges changes, ResourceRow row)
    {
        if (changes.Owner is { } owner)
        {
            if (!PlainText.IsText(owner)) return (null, "owner is a short text.");
            row = row with { Owner = await names.OwnerAsync(owner) };
        }
        if (changes.Team is { } team && !PlainText.IsName(team)) return (null, $"team is {PlainText.NameRule}.");
        if (changes.Classification is { } level && !Classification.Levels.Contains(level, StringComparer.Ordinal))
            return (null, $"classification is one of {string.Join(", ", Classification.Levels)}.");
        if (changes.Actions is { } actions)
        {
            if (actions.Count is 0 or > MaxActions || !actions.All(a => ActionName.TryParse(a, out _)))
                return (null, $"actions are 1 to {MaxActions} words of the form noun:verb.");
            row = row with { Actions = string.Join(' ', actions.ToImmutableSortedSet(StringComparer.Ordinal)) };
        }
        if (changes.Purposes is { } purposes)
        {
            if (PlainText.PurposesFault(purposes) is { } unfit) return (null, unfit);
            row = row with { Purposes = JsonSerializer.Serialize(purposes.Distinct(StringComparer.Ordinal)) };
        }
        return (row with
        {
            Team = changes.Team ?? row.Team,
            Classification = changes.Classification ?? row.Classification,
        }, null);
    }

    private static JsonObject Document(ResourceRow row) => new()
    {
        ["name"] = row.Name,
        ["uri"] = row.Uri,
        ["owner"] = row.Owner,
        ["team"] = row.Team,
        ["classification"] = row.Classification,
        ["actions"] = new JsonArray([.. row.Actions.Split(' ').Select(a => (JsonNode)a)]),
        ["purposes"] = JsonNode.Parse(row.Purposes),
        ["created_at"] = Instant.Text(row.CreatedAt),
        ["version"] = row.Version,
    };

    private static Audit.AuditEvent Describe(Audit.AuditEvent e, ResourceRow row) => e
        .With("uri", row.Uri).With("owner", row.Owner).With("team", row.Team)
        .With("classification", row.Classification).With("actions", row.Actions)
        .With("purposes", row.Purposes);
}
