using System.Text.Json.Nodes;

namespace Writ.Cli.Printing;

/// <summary>The names of places: authority is decided on addresses, and written down by names.</summary>
internal sealed class Places
{
    private const string Member = "locations";
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <summary>Those of one broker.</summary>
    /// <param name="issuer">The broker, which is a resource itself.</param>
    /// <param name="resources">The registered resources, as the API lists them.</param>
    public Places(string issuer, JsonArray resources)
    {
        _names[issuer] = "writ";
        foreach (var resource in resources)
            _names[Cell.Of(resource?["uri"])] = Cell.Of(resource?["name"]);
    }

    public static bool AreIn(JsonNode? node) => node switch
    {
        JsonObject map => map.ContainsKey(Member) || map.Any(member => AreIn(member.Value)),
        JsonArray list => list.Any(AreIn),
        _ => false,
    };

    /// <summary>Writes names for addresses wherever there is authority.</summary>
    public void Name(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
                Name(item);
        }

        foreach (var (name, value) in node as JsonObject ?? [])
        {
            if (name != Member || value is not JsonArray places)
            {
                Name(value);
                continue;
            }

            for (var i = 0; i < places.Count; i++)
            {
                if (places[i] is { } place && _names.TryGetValue(place.ToString(), out var known))
                    places[i] = known;
            }
        }
    }
}
