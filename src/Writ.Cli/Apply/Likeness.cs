using System.Text.Json.Nodes;
using Writ.Cli.Printing;
using Writ.Protocol;

namespace Writ.Cli.Apply;

/// <summary>
/// Whether a register says already what a document says, however each of them writes it: lists are sets, ids may lack
/// the trust domain, grants may be spelled out.
/// </summary>
/// <param name="places">The URIs of the resources, by name: those registered, and those of the documents.</param>
internal sealed class Likeness(IReadOnlyDictionary<string, string> places)
{
    public bool Same(ManifestKind kind, string member, JsonNode? wanted, JsonNode? found)
    {
        if (kind.Authorities.Contains(member))
            return AuthorityOf(wanted) is { } one && one.Equals(AuthorityOf(found));
        if (kind.Ids.Contains(member))
            return Texts(wanted).Select(Cell.Short).ToHashSet(StringComparer.Ordinal)
                .SetEquals(Texts(found).Select(Cell.Short));
        return Same(wanted, found);
    }

    private static bool Same(JsonNode? wanted, JsonNode? found) => (wanted, found) switch
    {
        (JsonArray one, JsonArray other) => one.Count == other.Count && one.All(a => other.Any(b => Same(a, b))),
        (JsonArray { Count: 0 }, null) or (JsonObject { Count: 0 }, null) => true,
        (JsonValue one, JsonValue other) => SameTime(one, other) || JsonNode.DeepEquals(one, other),
        _ => JsonNode.DeepEquals(wanted, found),
    };

    private static bool SameTime(JsonValue one, JsonValue other) =>
        one.TryGetValue<DateTimeOffset>(out var first)
        && other.TryGetValue<DateTimeOffset>(out var second)
        && first == second;

    private static IEnumerable<string> Texts(JsonNode? node) =>
        node is JsonArray list ? list.Select(Cell.Of) : node is null ? [] : [Cell.Of(node)];

    // Null when it cannot be told: then the document is sent, and the broker says what is wrong with it.
    private Authority? AuthorityOf(JsonNode? node)
    {
        var details = new JsonArray();
        foreach (var item in node as JsonArray ?? [])
        {
            if (item is JsonObject detail)
                details.Add(detail.DeepClone());
            else if (GrantExpression.TryParse(item?.ToString(), out var grant)
                && places.TryGetValue(grant.Resource.ToString(), out var uri))
                details.Add(JsonNode.Parse(Authority.Of(grant.At(uri)).ToJson())![0]!.DeepClone());
            else
                return null;
        }

        return Authority.TryParse(details.ToJsonString(), out var authority, out _) ? authority : null;
    }
}
