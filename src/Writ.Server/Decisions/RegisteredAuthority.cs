using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Decisions;

/// <summary>
/// Reads what somebody may be given, in the grammar that is the same everywhere: <c>orders:read@orders</c>, or a
/// <c>writ_access</c> object. All of it exists in the registry: the resources, and their actions.
/// </summary>
public static class RegisteredAuthority
{
    private const int MaxItems = 512;

    public static (Authority? Authority, string? Fault) Read(
        IReadOnlyList<JsonElement> items, RegistrySnapshot registry)
    {
        if (items.Count > MaxItems) return (null, $"more than {MaxItems} grants.");
        var details = new List<AuthorizationDetail>();
        foreach (var item in items)
            if (ReadOne(item, registry, details) is { } fault) return (null, fault);
        if (details.Sum(d => d.Atoms) > Authority.MaxAtoms)
            return (null, "too many actions, locations and datatypes in all.");
        foreach (var detail in details)
            foreach (var location in detail.Locations)
                if (Unknown(detail, location, registry) is { } fault) return (null, fault);
        var authority = Authority.Of(details);
        // Canonical details may span more than was written; what is stored is read again with the same bound.
        return Authority.TryParse(authority.ToJson(), out _, out var tooMuch)
            ? (authority, null)
            : (null, tooMuch + ".");
    }

    /// <summary>What the second holds and the first does not, by location: what somebody would be given anew.</summary>
    public static Authority Gained(Authority before, Authority after) => Authority.Of(
        from detail in after.Details
        from location in detail.Locations
        select AuthorizationDetail.Of(detail.Actions, [location], detail.Datatypes, detail.Identifier) into part
        where !Narrowing.Contains(before, Authority.Of(part))
        select part);

    private static string? ReadOne(JsonElement item, RegistrySnapshot registry, List<AuthorizationDetail> details)
    {
        if (item.ValueKind == JsonValueKind.Object)
        {
            if (!Authority.TryParse(JsonElement.Parse($"[{item.GetRawText()}]"), out var read, out var error))
                return error + ".";
            details.AddRange(read.Details);
            return null;
        }
        var text = item.ValueKind == JsonValueKind.String ? item.GetString() : null;
        if (!GrantExpression.TryParse(text, out var grant)) return "a grant is written noun:verb@resource.";
        if (!registry.ByName.TryGetValue(grant.Resource.Value, out var resource))
            return $"{grant.Resource} is not a registered resource.";
        details.Add(grant.At(resource.Uri));
        return null;
    }

    private static string? Unknown(AuthorizationDetail detail, string location, RegistrySnapshot registry)
    {
        if (!registry.ByUri.TryGetValue(location, out var resource)) return $"{location} is not a registered resource.";
        var known = resource.Actions.Split(' ');
        var strange = detail.Actions.FirstOrDefault(a => !known.Contains(a.Value, StringComparer.Ordinal));
        return strange is null ? null : $"the resource {resource.Name} has no action {strange}.";
    }
}
