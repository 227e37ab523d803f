using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Serialization;

namespace Writ.Cli.Printing;

/// <summary>JSON as YAML: the same members in the same order.</summary>
internal static class YamlText
{
    private static readonly ISerializer Serializer = new SerializerBuilder()
        .WithQuotingNecessaryStrings()
        .WithIndentedSequences()
        .DisableAliases()
        .Build();

    public static string Of(JsonNode? node) => Serializer.Serialize(Plain(node) ?? "");

    private static Dictionary<string, object?> Members(JsonObject map)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (name, value) in map)
            members[SafeText.Of(name)] = Plain(value);
        return members;
    }

    private static object? Plain(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => Members(map),
        JsonArray list => list.Select(Plain).ToList(),
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Number => value.TryGetValue<long>(out var whole) ? whole : value.GetValue<double>(),
            _ => (string?)value is { } text ? SafeText.Lines(text) : null, // people read it, too
        },
        _ => throw new InvalidOperationException("JSON has no other nodes."),
    };
}
