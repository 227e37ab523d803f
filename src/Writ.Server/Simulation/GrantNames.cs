using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>Authority as people write it: <c>orders:read@orders</c>, or a <c>writ_access</c> object where that says too
/// little.</summary>
internal static class GrantNames
{
    public static JsonArray Of(Authority authority, RegistrySnapshot registry) =>
        new([.. authority.Details.SelectMany(detail => Of(detail, registry))]);

    private static IEnumerable<JsonNode?> Of(AuthorizationDetail detail, RegistrySnapshot registry)
    {
        var isPlain = detail is { Datatypes: null, Identifier: null }
            && detail.Locations.All(registry.ByUri.ContainsKey);
        if (!isPlain) return JsonNode.Parse(Authority.Of([detail]).ToJson())!.AsArray().Select(one => one?.DeepClone());
        return detail.Locations.Select(place =>
            (JsonNode?)$"{string.Join(',', detail.Actions)}@{registry.ByUri[place].Name}");
    }
}
