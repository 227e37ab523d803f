using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Cli;

/// <summary>The fields of one verb.</summary>
internal sealed class Fields(params IEnumerable<Field> fields)
{
    private readonly Field[] _fields = [.. fields];

    public IEnumerable<Option> Options => _fields.Select(one => one.Option);

    /// <summary>The body: what was given, and nothing else.</summary>
    public JsonObject Body(Call call, params IEnumerable<KeyValuePair<string, JsonNode?>> further)
    {
        var body = new JsonObject(further);
        foreach (var (member, value) in Given(call))
            body[member] = value;
        return body;
    }

    /// <summary>A path with what was given as its query.</summary>
    public string Query(Call call, string path)
    {
        var pairs = Given(call).SelectMany(given => given.Value switch
        {
            JsonArray several => several.Select(one => (given.Member, (string)one!)),
            JsonObject labels => labels.Select(label => (given.Member, $"{label.Key}:{(string)label.Value!}")),
            JsonValue text when text.GetValueKind() == JsonValueKind.String => [(given.Member, (string)text!)],
            JsonValue value => [(given.Member, value.ToJsonString())],
            _ => [],
        });
        var query = string.Join('&', pairs.Select(pair => $"{pair.Item1}={Uri.EscapeDataString(pair.Item2)}"));
        return query.Length == 0 ? path : $"{path}?{query}";
    }

    private IEnumerable<(string Member, JsonNode Value)> Given(Call call)
    {
        foreach (var field in _fields)
        {
            if (field.Read(call.Parsed) is { } value)
                yield return (field.Member, field.IsPrincipal ? call.FullName((string)value!) : value);
        }
    }
}
