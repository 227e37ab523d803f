using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Turns what a request names (details, scope, audiences) into one authority over registered resources.
/// </summary>
internal static class RequestedAuthority
{
    /// <summary>
    /// The authority asked for: where nothing in particular, all that <paramref name="most"/> holds. Null there: it is
    /// more than one grant can be, so that only what is asked for in full can be given.
    /// </summary>
    public static (Authority? Authority, Reason? Refusal) Resolve(
        Requested requested, Authority? most, RegistrySnapshot registry)
    {
        var audiences = new List<string>();
        foreach (var audience in requested.Audiences)
        {
            if (UriOf(audience, registry) is not { } uri) return (null, Reason.UnknownAudience(audience));
            audiences.Add(uri);
        }
        var details = new List<AuthorizationDetail>();
        if (requested.Authority is { } authority) details.AddRange(authority.Details);
        if (requested.Scope is { } scope && AddScope(scope, audiences, most, registry, details) is { } refusal)
            return (null, refusal);
        // Before anything is unfolded: a scope names actions and places apart, and means all of them at each other.
        if (details.Sum(d => d.Atoms) > Authority.MaxAtoms) return (null, Reason.AuthorityTooLarge);
        if (details.Count == 0 && most is null) return (null, Reason.AuthorityTooLarge);
        if (details.Count == 0) return (audiences.Count == 0 ? most : Narrowing.At(most!, audiences), null);

        foreach (var location in details.SelectMany(d => d.Locations))
        {
            if (UriOf(location, registry) is null) return (null, Reason.UnknownAudience(location));
            if (audiences.Count > 0 && !audiences.Contains(location, StringComparer.Ordinal))
                return (null, Reason.UnknownAudience($"{location}, which is not among the requested resources,"));
        }
        return (Authority.Of(details), null);
    }

    private static Reason? AddScope(
        RequestedScope scope, List<string> audiences, Authority? most, RegistrySnapshot registry,
        List<AuthorizationDetail> details)
    {
        foreach (var grant in scope.Grants)
        {
            if (UriOf(grant.Resource.Value, registry) is not { } uri)
                return Reason.UnknownAudience(grant.Resource.Value);
            details.Add(AuthorizationDetail.Of(grant.Actions, [uri]));
        }
        if (scope.Actions.Length == 0) return null;
        // A bare action means that action wherever the audiences, or else the ceiling, know it.
        if (audiences.Count == 0 && most is null) return Reason.AuthorityTooLarge;
        var places = audiences.Count > 0 ? audiences : [.. most!.Locations.Where(l => Knows(most, l, scope))];
        if (places.Count == 0) return Reason.NotEntitled(string.Join(' ', scope.Actions.Select(a => a.ToString())));
        details.Add(AuthorizationDetail.Of(scope.Actions, [.. places]));
        return null;
    }

    private static bool Knows(Authority most, string location, RequestedScope scope) =>
        most.Details.Any(d =>
            d.Locations.Contains(location, StringComparer.Ordinal) && scope.Actions.All(a => d.Actions.Contains(a)));

    private static string? UriOf(string audience, RegistrySnapshot registry)
    {
        if (string.Equals(audience, registry.Issuer, StringComparison.Ordinal)
            || string.Equals(audience, ManagementActions.ResourceName, StringComparison.Ordinal))
            return registry.Issuer;
        if (registry.ByUri.ContainsKey(audience)) return audience;
        return registry.ByName.TryGetValue(audience, out var resource) ? resource.Uri : null;
    }
}
