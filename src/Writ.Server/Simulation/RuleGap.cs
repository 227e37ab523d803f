using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>
/// What was missing where one of the broker's own rules refused: the least that would have had to be given, by the
/// registry as it is now. Nothing where more authority would not have helped.
/// </summary>
internal sealed class RuleGap(RecordedDecision decision, RegistrySnapshot registry)
{
    /// <summary>Whose entitlements, workflow or clearance it is about, as they are now; null: nobody known.</summary>
    public Principal? Subject { get; init; }

    /// <summary>The task that was named; null: none, or it is gone.</summary>
    public TaskRow? Task { get; init; }

    /// <summary>What would have to change, and how; null: nothing that can be said.</summary>
    public JsonObject? Needed => decision.Reason switch
    {
        "not_entitled" => Of("entitlements", Subject?.Id, Subject?.Entitlements),
        "outside_workflow" => Workflow(),
        "outside_task" => Of("task", Task?.Id, Task is { } task ? Stored.Authority(task.Authority) : null),
        "not_cleared" => Clearance(),
        "unknown_action" => Actions(),
        "role_too_low" => LeastRole(),
        _ => null,
    };

    /// <summary>What was asked for, as far as its record and the registry say; null: they do not.</summary>
    private Authority? Wanted()
    {
        if (decision.Index.Kind == "access.evaluate") return RecordedAuthority.OfQuestion(decision, registry);
        var details = decision.Detail("authorization_details") is { } text
            && Authority.TryParse(text, out var asked, out _) ? asked : null;
        var scope = RequestedScope.TryParse(decision.Detail("scope"), out var words) ? words : null;
        string[] audiences = decision.Detail("audience")?.Split(' ') ?? [];
        if (details is null && scope is null) return null;
        // A bare action means it wherever the audiences know it, or else the ceiling: where it is known at all.
        var everything = audiences.Length > 0 || scope is null ? null : Everything(scope);
        return RequestedAuthority.Resolve(new Requested(details, scope, audiences), everything, registry).Authority;
    }

    private Authority Everything(RequestedScope scope) => Authority.Of(
        from row in registry.ByUri.Values
        let actions = scope.Actions.Where(a => row.Actions.Split(' ').Contains(a.ToString(), StringComparer.Ordinal))
        where actions.Any()
        select AuthorizationDetail.Of([.. actions], [row.Uri]));

    private JsonObject? Of(string what, string? whose, Authority? held)
    {
        if (whose is null || held is null || Wanted() is not { } wanted) return null;
        var gained = RecordedAuthority.Missing(held, wanted);
        // Held against what would decide: with it, the rule has nothing to refuse.
        return !gained.IsEmpty && Narrowing.Contains(Authority.Union(held, gained), wanted)
            ? new JsonObject { ["what"] = what, ["of"] = whose, ["add"] = GrantNames.Of(gained, registry) }
            : null;
    }

    private JsonObject? Workflow()
    {
        var name = decision.Detail("workflow") ?? Task?.Workflow;
        if (name is null || !registry.Workflows.TryGetValue(name, out var workflow)) return null;
        if (Subject?.Identity is { } agent && !workflow.Agents.Contains(agent.Id))
            return new JsonObject { ["what"] = "workflow_agents", ["of"] = name, ["add"] = new JsonArray(agent.Id) };
        if (decision.Detail("purpose") is { } purpose && workflow.Purposes.Length > 0
            && !workflow.Purposes.Contains(purpose, StringComparer.Ordinal))
            return new JsonObject { ["what"] = "workflow_purposes", ["of"] = name, ["add"] = new JsonArray(purpose) };
        return Of("workflow", name, workflow.Authority);
    }

    private JsonObject? Clearance()
    {
        if (Subject?.Identity is not { } identity || Wanted() is not { } wanted) return null;
        var most = wanted.Locations.Select(l => registry.ByUri.GetValueOrDefault(l)?.Classification)
            .OfType<string>().MaxBy(Classification.Rank);
        return most is null
            ? null
            : new JsonObject
            {
                ["what"] = "clearance",
                ["of"] = identity.Id,
                ["is"] = identity.Clearance,
                ["at_least"] = most,
            };
    }

    private JsonObject? Actions()
    {
        if (Wanted() is not { } wanted) return null;
        foreach (var detail in wanted.Details)
            foreach (var place in detail.Locations)
            {
                if (!registry.ByUri.TryGetValue(place, out var row)) continue;
                var known = row.Actions.Split(' ');
                var missing = detail.Actions.Where(a => !known.Contains(a.ToString(), StringComparer.Ordinal)).ToList();
                if (missing.Count > 0)
                    return new JsonObject
                    {
                        ["what"] = "resource_actions",
                        ["of"] = row.Name,
                        ["add"] = new JsonArray([.. missing.Select(a => (JsonNode)a.ToString())]),
                    };
            }
        return null;
    }

    private JsonObject? LeastRole() =>
        ManagementActions.LeastRoleOf(decision.Index.Kind.Replace('.', ':')) is { } role
            ? new JsonObject { ["what"] = "role", ["of"] = decision.Index.Actor, ["at_least"] = role }
            : null;
}
