using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>What a record says was asked for, or was given.</summary>
internal static class RecordedAuthority
{
    /// <summary>Of a token its authority, of a question the action and the resource; null: none is said.</summary>
    public static Authority? Of(RecordedDecision decision, RegistrySnapshot registry) =>
        decision.Index.Kind is "access.evaluate" or "access.local"
            ? OfQuestion(decision, registry)
            : decision.Detail("authorization_details") is { } text && Authority.TryParse(text, out var given, out _)
                ? given
                : null;

    /// <summary>The action and the resource of a question, where the resource is registered.</summary>
    public static Authority? OfQuestion(RecordedDecision decision, RegistrySnapshot registry)
    {
        var words = decision.Detail("resource")?.Split(' ', 2);
        return words is [_, var id] && ActionName.TryParse(decision.Detail("action"), out var action)
            && (registry.ByUri.TryGetValue(id, out var row) || registry.ByName.TryGetValue(id, out row))
            ? Authority.Of([AuthorizationDetail.Of([action], [row.Uri])])
            : null;
    }

    /// <summary>What the second holds and the first does not, action by action and place by place.</summary>
    public static Authority Missing(Authority held, Authority wanted) => Authority.Of(
        from detail in wanted.Details
        from location in detail.Locations
        from action in detail.Actions
        select AuthorizationDetail.Of([action], [location], detail.Datatypes, detail.Identifier) into one
        where !Narrowing.Contains(held, Authority.Of([one]))
        select one);
}
