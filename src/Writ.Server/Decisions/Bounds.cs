using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>Holds an authority against each bound in turn, so that a refusal can say which one it was.</summary>
internal static class Bounds
{
    public static string Describe(Authority wanted, Authority bound)
    {
        foreach (var detail in wanted.Details)
            foreach (var location in detail.Locations)
                foreach (var action in detail.Actions)
                {
                    var one = AuthorizationDetail.Of([action], [location], detail.Datatypes, detail.Identifier);
                    if (!Narrowing.Contains(bound, Authority.Of([one]))) return $"{action} at {location}";
                }
        return "this";
    }

    /// <summary>What all of these allow, null among them binding nothing; null where that is too much for one grant.
    /// </summary>
    public static Authority? Common(Authority first, params ReadOnlySpan<Authority?> others)
    {
        foreach (var other in others)
        {
            if (other is null) continue;
            if (!Narrowing.TryIntersect(first, other, out var both)) return null;
            first = both;
        }
        return first;
    }

    /// <summary>Actions exist at their resource, and its data is within the clearance.</summary>
    public static Reason? Registered(Authority wanted, IdentityRow identity, RegistrySnapshot registry)
    {
        var clearance = Classification.Levels.Contains(identity.Clearance, StringComparer.Ordinal)
            ? Classification.Rank(identity.Clearance)
            : -1;
        foreach (var detail in wanted.Details)
            foreach (var location in detail.Locations)
            {
                if (!registry.ByUri.TryGetValue(location, out var resource)) return Reason.UnknownAudience(location);
                if (Classification.Rank(resource.Classification) > clearance) return Reason.NotCleared(resource.Name);
                if (Unknown(detail, resource) is { } reason) return reason;
            }
        return null;
    }

    /// <summary>Why what is wanted is beyond somebody's entitlements: an action that does not exist is told apart from
    /// one that was not given, so that whoever mistyped it does not go and ask for it.</summary>
    public static Reason NotEntitled(Authority wanted, Authority entitlements, RegistrySnapshot registry)
    {
        foreach (var detail in wanted.Details)
            foreach (var location in detail.Locations)
            {
                if (registry.ByUri.TryGetValue(location, out var resource)
                    && Unknown(detail, resource) is { } reason) return reason;
            }
        return Reason.NotEntitled(Describe(wanted, entitlements));
    }

    private static Reason? Unknown(AuthorizationDetail detail, ResourceRow resource)
    {
        var known = resource.Actions.Split(' ');
        foreach (var action in detail.Actions)
            if (!known.Contains(action.ToString(), StringComparer.Ordinal))
                return Reason.UnknownAction(resource.Name, action.ToString());
        return null;
    }

    /// <summary>The earliest of these moments.</summary>
    public static DateTimeOffset Earliest(DateTimeOffset first, params ReadOnlySpan<DateTimeOffset?> others)
    {
        foreach (var other in others)
            if (other is { } moment && moment < first) first = moment;
        return first;
    }
}
