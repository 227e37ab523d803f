using Writ.Rego.Builtins.Documents;
using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>
/// A JSON schema of drafts 4, 6 and 7, checked: its keywords have the types that they must have, its patterns compile
/// and its references lead somewhere inside it. References to other documents are refused: a policy's schema must not
/// reach for the network or the disk.
/// </summary>
internal sealed class JsonSchema
{
    private const int MaxDepth = 300;

    private static readonly string[] Types = ["array", "boolean", "integer", "null", "number", "object", "string"];

    private static readonly Dictionary<string, string> KeywordTypes = new(StringComparer.Ordinal)
    {
        ["$schema"] = "string",
        ["$ref"] = "string",
        ["title"] = "string",
        ["description"] = "string",
        ["pattern"] = "string",
        ["format"] = "string",
        ["multipleOf"] = "number",
        ["minimum"] = "number",
        ["maximum"] = "number",
        ["minLength"] = "integer",
        ["maxLength"] = "integer",
        ["minItems"] = "integer",
        ["maxItems"] = "integer",
        ["minProperties"] = "integer",
        ["maxProperties"] = "integer",
        ["uniqueItems"] = "boolean",
        ["required"] = "array",
        ["enum"] = "array",
        ["allOf"] = "array",
        ["anyOf"] = "array",
        ["oneOf"] = "array",
        ["properties"] = "object",
        ["patternProperties"] = "object",
        ["definitions"] = "object",
        ["dependencies"] = "object",
    };

    private static readonly string[] Several = ["allOf", "anyOf", "oneOf"];
    private static readonly string[] Named = ["properties", "patternProperties", "definitions"];

    private static readonly string[] Single =
        ["not", "additionalProperties", "additionalItems", "contains", "propertyNames", "if", "then", "else"];

    private readonly Dictionary<string, RegoValue> _byId = new(StringComparer.Ordinal);
    private readonly List<string> _references = [];

    private JsonSchema(RegoValue root) => Root = root;

    public RegoValue Root { get; }

    public static JsonSchema Compile(RegoValue source)
    {
        var schema = new JsonSchema(Load(source));
        schema.Check(schema.Root, 0);
        foreach (var reference in schema._references)
        {
            schema.Resolve(reference);
        }

        return schema;
    }

    /// <summary>A text is JSON; other values must be objects or arrays.</summary>
    public static RegoValue Load(RegoValue source) => source switch
    {
        RegoString text => JsonBuiltins.TryParse(text.Value) ?? throw BuiltinError.Failed("invalid JSON string"),
        RegoObject or RegoArray => RegoValue.ParseJson(source.ToJson()),
        _ => throw BuiltinError.Failed("wrong type, expected string or object"),
    };

    public RegoValue Resolve(string reference)
    {
        if (_byId.TryGetValue(reference, out var known))
        {
            return known;
        }

        if (reference is not ("" or ['#', ..]))
        {
            throw BuiltinError.Failed($"remote reference loading disabled: {reference}");
        }

        RegoValue? found = Root;
        foreach (var part in reference.TrimStart('#').Split('/').Skip(1))
        {
            var key = RegoString.Of(Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal)
                .Replace("~0", "~", StringComparison.Ordinal));
            found = found switch
            {
                RegoObject map => map.TryGet(key, out var member) ? member : null,
                RegoArray array => RegoNumber.TryParse(key.Value, out var index) && array.TryGet(index, out var item)
                    ? item
                    : null,
                _ => null,
            };
        }

        return found ?? throw BuiltinError.Failed($"Object has no key '{reference.Split('/')[^1]}'");
    }

    private void Check(RegoValue node, int depth)
    {
        if (depth > MaxDepth)
        {
            throw BuiltinError.Failed("schema is nested too deeply");
        }

        if (node is not RegoObject schema)
        {
            if (node is not RegoBoolean)
            {
                throw BuiltinError.Failed("Invalid type. Expected: valid schema, given: " + TypeOf(node));
            }

            return;
        }

        CheckKeywords(schema);
        foreach (var name in Single)
        {
            if (schema.TryGet(name, out var below))
            {
                Check(below, depth + 1);
            }
        }

        foreach (var below in Below(schema))
        {
            Check(below, depth + 1);
        }
    }

    private static IEnumerable<RegoValue> Below(RegoObject schema)
    {
        foreach (var name in Several)
        {
            foreach (var below in schema.TryGet(name, out var list) ? ((RegoArray)list).Span.ToArray() : [])
            {
                yield return below;
            }
        }

        foreach (var name in Named)
        {
            foreach (var (_, below) in schema.TryGet(name, out var map) ? (RegoObject)map : RegoObject.Empty)
            {
                yield return below;
            }
        }

        foreach (var (_, below) in schema.TryGet("dependencies", out var all) ? (RegoObject)all : RegoObject.Empty)
        {
            if (below is not RegoArray)
            {
                yield return below;
            }
        }

        if (schema.TryGet("items", out var items))
        {
            foreach (var below in items is RegoArray tuple ? tuple.Span.ToArray() : [items])
            {
                yield return below;
            }
        }
    }

    private void CheckKeywords(RegoObject schema)
    {
        foreach (var (key, value) in schema)
        {
            var name = ((RegoString)key).Value;
            if (KeywordTypes.TryGetValue(name, out var wanted) && !IsOf(value, wanted))
            {
                throw BuiltinError.Failed($"Invalid type. Expected: {wanted}, given: {TypeOf(value)}");
            }

            switch (name)
            {
                case "$id" or "id" when value is RegoString id:
                    _byId.TryAdd(id.Value, schema);
                    break;
                case "$ref":
                    _references.Add(((RegoString)value).Value);
                    break;
                case "type":
                    CheckType(value);
                    break;
                case "pattern":
                    Re2Regex.Parse(((RegoString)value).Value);
                    break;
                case "patternProperties":
                    foreach (var (pattern, _) in (RegoObject)value)
                    {
                        Re2Regex.Parse(((RegoString)pattern).Value);
                    }

                    break;
            }
        }
    }

    private static void CheckType(RegoValue value)
    {
        foreach (var name in value is RegoArray several ? several.Span.ToArray() : [value])
        {
            var text = (name as RegoString)?.Value
                ?? throw BuiltinError.Failed($"Invalid type. Expected: string/array of strings, given: {TypeOf(name)}");
            if (!Types.Contains(text, StringComparer.Ordinal))
            {
                throw BuiltinError.Failed(
                    $"has a primitive type that is NOT VALID -- given: /{text}/ Expected valid values are:"
                    + "[array boolean integer number null object string]");
            }
        }
    }

    public static bool IsOf(RegoValue value, string type) => type switch
    {
        "integer" => value is RegoNumber { IsInteger: true },
        "number" => value is RegoNumber,
        _ => TypeOf(value) == type,
    };

    public static string TypeOf(RegoValue value) => value switch
    {
        RegoNumber number => number.IsInteger ? "integer" : "number",
        _ => value.KindName,
    };
}
