using System.Text.Json;
using System.Text.RegularExpressions;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>
/// OCSF's own schema, compiled from its sources as its server does: what a class extends, what an object extends, the
/// dictionary's types and enums. Profiles' attributes are unknown, as no event of ours names a profile.
/// </summary>
internal sealed class OcsfSchema
{
    private readonly JsonElement _dictionary;
    private readonly JsonElement _types;
    private readonly Dictionary<string, JsonElement> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonElement> _events = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _categories = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Shape> _shapes = new(StringComparer.Ordinal);

    public OcsfSchema(string folder)
    {
        var dictionary = Read(Path.Combine(folder, "dictionary.json"));
        _dictionary = dictionary.GetProperty("attributes");
        _types = dictionary.GetProperty("types").GetProperty("attributes");
        foreach (var file in Directory.GetFiles(Path.Combine(folder, "objects"), "*.json"))
            if (Read(file) is var one && Name(one) is { } name) _objects[name] = one;
        foreach (var file in Directory.GetFiles(
            Path.Combine(folder, "events"), "*.json", SearchOption.AllDirectories))
            if (Read(file) is var one && Name(one) is { } name) _events[name] = one;
        var categories = Read(Path.Combine(folder, "categories.json")).GetProperty("attributes");
        foreach (var category in categories.EnumerateObject())
            _categories[category.Name] = category.Value.GetProperty("uid").GetInt32();
    }

    /// <summary>What is wrong with an event.</summary>
    public IReadOnlyList<string> Faults(JsonElement e)
    {
        var faults = new List<string>();
        var uid = e.GetProperty("class_uid").GetInt32();
        var name = _events.Keys.SingleOrDefault(k => ClassUid(k) == uid);
        if (name is null) return [$"no class has the uid {uid}"];
        Check(e, Compile(name, _events), "", faults);
        Same("category_uid", uid / 1000);
        Same("type_uid", (uid * 100L) + e.GetProperty("activity_id").GetInt64());
        if (e.GetProperty("class_name").GetString() != _events[name].GetProperty("caption").GetString())
            faults.Add("class_name is not the caption");
        return faults;

        void Same(string member, long value)
        {
            if (e.GetProperty(member).GetInt64() != value) faults.Add($"{member} is not {value}");
        }
    }

    private int? ClassUid(string name) =>
        _events[name].TryGetProperty("uid", out var uid) && CategoryOf(name) is { } category
            ? (_categories[category] * 1000) + uid.GetInt32()
            : null;

    private string? CategoryOf(string name) =>
        Text(_events[name], "category") ?? (Text(_events[name], "extends") is { } parent ? CategoryOf(parent) : null);

    private void Check(JsonElement value, Shape shape, string path, List<string> faults)
    {
        foreach (var member in value.EnumerateObject())
        {
            var place = path.Length == 0 ? member.Name : $"{path}.{member.Name}";
            if (!shape.Attributes.TryGetValue(member.Name, out var attribute)) faults.Add($"{place} is unknown");
            else if (attribute.IsDeprecated) faults.Add($"{place} is deprecated");
            else CheckValue(member.Value, attribute, value, place, faults);
        }
        foreach (var (name, attribute) in shape.Attributes)
            if (attribute.IsRequired && !value.TryGetProperty(name, out _)) faults.Add($"{path}.{name} is missing");
        foreach (var names in shape.AtLeastOne)
            if (!names.Any(n => value.TryGetProperty(n, out _)))
                faults.Add($"{path} has none of {string.Join(", ", names)}");
    }

    private void CheckValue(
        JsonElement value, Attribute attribute, JsonElement parent, string place, List<string> faults)
    {
        if (attribute.IsArray)
        {
            if (value.ValueKind != JsonValueKind.Array) faults.Add($"{place} is no array");
            else foreach (var item in value.EnumerateArray()) CheckOne(item, attribute, parent, place, faults);
            return;
        }
        CheckOne(value, attribute, parent, place, faults);
    }

    private void CheckOne(JsonElement value, Attribute attribute, JsonElement parent, string place, List<string> faults)
    {
        if (attribute.Type is "object" or "json_t") return; // anything
        if (!attribute.Type.EndsWith("_t", StringComparison.Ordinal))
        {
            if (value.ValueKind != JsonValueKind.Object) faults.Add($"{place} is no object");
            else Check(value, Compile(attribute.Type, _objects), place, faults);
            return;
        }
        if (!Fits(value, attribute.Type)) faults.Add($"{place} is no {attribute.Type}: {value.GetRawText()}");
        if (attribute.Enum.Count == 0) return;
        if (!attribute.Enum.TryGetValue(value.ToString(), out var caption))
            faults.Add($"{place} is {value}, which is not in the enum");
        else if (value.ToString() != "99" && attribute.Sibling is { } sibling
            && parent.TryGetProperty(sibling, out var word) && word.GetString() != caption)
            faults.Add($"{sibling} beside {place} is {word}, not {caption}");
    }

    private bool Fits(JsonElement value, string type)
    {
        var definition = _types.GetProperty(type);
        var isText = value.ValueKind == JsonValueKind.String;
        if (definition.TryGetProperty("regex", out var pattern)
            && (!isText || !Regex.IsMatch(
                value.GetString()!, pattern.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(5)))) return false;
        if (definition.TryGetProperty("max_len", out var most) && isText
            && value.GetString()!.Length > most.GetInt32()) return false;
        return (Text(definition, "type") ?? type) switch
        {
            "string_t" => isText,
            "boolean_t" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            "integer_t" => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _),
            "long_t" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
            "float_t" => value.ValueKind == JsonValueKind.Number,
            var other => throw new InvalidOperationException($"a type {other}"),
        };
    }

    private Shape Compile(string name, Dictionary<string, JsonElement> among)
    {
        if (_shapes.TryGetValue(name, out var known)) return known;
        var source = among[name];
        var parent = Text(source, "extends") is { } above && above != name ? Compile(above, among) : null;
        var attributes = new Dictionary<string, Attribute>(
            parent?.Attributes ?? new Dictionary<string, Attribute>(StringComparer.Ordinal), StringComparer.Ordinal);
        foreach (var given in source.GetProperty("attributes").EnumerateObject())
            if (given.Name != "$include" && !IsOfProfile(given.Value))
                attributes[given.Name] = Merge(given, attributes.GetValueOrDefault(given.Name));
        if (among == _events && ClassUid(name) is { } uid)
        {
            var classes = attributes["class_uid"];
            attributes["class_uid"] = classes with
            {
                Enum = One($"{uid}", Text(source, "caption")!),
                Sibling = "class_name",
            };
        }
        var wanted = source.TryGetProperty("constraints", out var constraints)
            && constraints.TryGetProperty("at_least_one", out var names)
                ? [[.. names.EnumerateArray().Select(n => n.GetString()!)]]
                : parent?.AtLeastOne ?? [];
        return _shapes[name] = new Shape(attributes, wanted);
    }

    private static bool IsOfProfile(JsonElement given) =>
        given.TryGetProperty("profile", out var profile) && profile.ValueKind == JsonValueKind.String;

    private Attribute Merge(JsonProperty given, Attribute? before)
    {
        var word = _dictionary.GetProperty(given.Name);
        var captions = new Dictionary<string, string>(before?.Enum ?? Captions(word), StringComparer.Ordinal);
        foreach (var (key, caption) in Captions(given.Value)) captions[key] = caption;
        var requirement = Text(given.Value, "requirement");
        return new Attribute(
            Text(given.Value, "type") ?? Text(word, "type")!,
            (given.Value.TryGetProperty("is_array", out var list) || word.TryGetProperty("is_array", out list))
                && list.GetBoolean(),
            requirement is null ? before?.IsRequired ?? false : requirement == "required",
            // 1.9 is not released: what it deprecates is in force in what we claim.
            given.Value.TryGetProperty("@deprecated", out var old) && Text(old, "since") is { } since
                && Version.Parse(since) < new Version(1, 9),
            given.Name is "category_uid" or "class_uid" ? [] : captions,
            Text(word, "sibling"));
    }

    private static Dictionary<string, string> Captions(JsonElement given) =>
        given.TryGetProperty("enum", out var values)
            ? values.EnumerateObject().ToDictionary(
                v => v.Name, v => Text(v.Value, "caption")!, StringComparer.Ordinal)
            : new Dictionary<string, string>(StringComparer.Ordinal);

    private static Dictionary<string, string> One(string key, string caption) =>
        new(StringComparer.Ordinal) { [key] = caption };

    private static string? Name(JsonElement source) => Text(source, "name");

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static JsonElement Read(string file) => JsonElement.Parse(File.ReadAllBytes(file));

    private sealed record Shape(
        IReadOnlyDictionary<string, Attribute> Attributes, IReadOnlyList<IReadOnlyList<string>> AtLeastOne);

    private sealed record Attribute(
        string Type, bool IsArray, bool IsRequired, bool IsDeprecated, IReadOnlyDictionary<string, string> Enum,
        string? Sibling);
}
