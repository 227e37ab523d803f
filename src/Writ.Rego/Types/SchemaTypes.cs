using System.Runtime.CompilerServices;
using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Schemas;
using Writ.Rego.Values;

namespace Writ.Rego.Types;

/// <summary>
/// The type of what a JSON schema describes, as OPA takes it: an object has the properties that it names and no others,
/// and what cannot be said as a type is anything.
/// </summary>
internal sealed class SchemaTypes
{
    private const int MaxTypes = 20_000;

    private readonly JsonSchema _schema;
    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private int _count;

    private SchemaTypes(JsonSchema schema) => _schema = schema;

    /// <summary>The type of a schema.</summary>
    public static RegoType Of(RegoValue schema)
    {
        var compiled = JsonSchema.Compile(schema);
        return new SchemaTypes(compiled).Read(compiled.Root);
    }

    private RegoType Read(RegoValue node)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (node is not RegoObject schema || ++_count > MaxTypes)
            return RegoType.Anything;
        if (Get<RegoString>(schema, "$ref") is { } reference)
            return Follow(reference.Value);
        if (Get<RegoArray>(schema, "anyOf") is { Count: > 0 } any)
            return Union(any.Span.ToArray().Select(one => Read(Within(schema, one))));
        if (Get<RegoArray>(schema, "allOf") is { Count: > 0 } all)
            return Read(all.Span.ToArray().Select(Resolved).Aggregate(Without(schema, "allOf"), Merge));
        return TypesOf(schema) switch
        {
            var types when types.Contains("boolean", StringComparer.Ordinal) => RegoType.Boolean,
            var types when types.Contains("string", StringComparer.Ordinal) => RegoType.String,
            var types when types.Any(type => type is "integer" or "number") => RegoType.Number,
            var types when types.Contains("object", StringComparer.Ordinal) => Object(schema),
            var types when types.Contains("array", StringComparer.Ordinal) => Array(schema),
            { Length: > 0 } => RegoType.Anything,
            _ when Get<RegoObject>(schema, "properties") is { Count: > 0 } => Object(schema),
            _ when schema.TryGet("items", out _) => Array(schema),
            _ => RegoType.Anything,
        };
    }

    /// <summary>What a schema says of itself, it says of each way that it may be.</summary>
    private static RegoValue Within(RegoObject schema, RegoValue one) =>
        one is RegoObject way && Without(schema, "anyOf") is { Count: > 0 } rest && !way.TryGet("$ref", out _)
            && TypesOf(rest).Length > 0 && TypesOf(way).Length == 0
            ? Merge(rest, way)
            : one;

    private RegoValue Resolved(RegoValue node) =>
        node is RegoObject schema && Get<RegoString>(schema, "$ref") is { } reference
            ? _schema.Resolve(reference.Value)
            : node;

    /// <summary>A schema within itself is anything from the second time on.</summary>
    private RegoType Follow(string reference)
    {
        if (!_open.Add(reference))
            return RegoType.Anything;
        var type = Read(_schema.Resolve(reference));
        _open.Remove(reference);
        return type;
    }

    private RegoType.Object Object(RegoObject schema) =>
        Get<RegoObject>(schema, "properties") is { Count: > 0 } properties
            ? new RegoType.Object(
                [.. properties.Select(one => KeyValuePair.Create(one.Key, Read(one.Value)))], null)
            : new RegoType.Object([], (RegoType.Anything, RegoType.Anything));

    private RegoType.Array Array(RegoObject schema) =>
        !schema.TryGet("items", out var items) ? new RegoType.Array([], RegoType.Anything)
        : items is RegoArray tuple ? new RegoType.Array([.. tuple.Span.ToArray().Select(Read)], null)
        : new RegoType.Array([], Read(items));

    private static RegoType Union(IEnumerable<RegoType> types)
    {
        var several = types.Distinct().ToArray();
        return several is [var only] ? only
            : several.Any(type => type is RegoType.Any { Of.Count: 0 }) ? RegoType.Anything
            : new RegoType.Any([.. several.SelectMany(type => type is RegoType.Any any ? any.Of : [type]).Distinct()]);
    }

    /// <summary>Both at once: the properties of both, and the type on which they agree.</summary>
    private static RegoObject Merge(RegoObject one, RegoValue other)
    {
        if (other is not RegoObject more)
            return one;
        var (mine, its) = (TypesOf(one), TypesOf(more));
        if (mine.Length > 0 && its.Length > 0 && !mine.SequenceEqual(its, StringComparer.Ordinal))
            throw BuiltinError.Failed("unable to merge these schemas");
        var merged = new RegoObject.Builder();
        foreach (var (name, value) in one.Concat(more))
        {
            merged.Set(name, value);
        }

        if (Get<RegoObject>(one, "properties") is { } left && Get<RegoObject>(more, "properties") is { } right)
        {
            var properties = new RegoObject.Builder();
            foreach (var (name, value) in left.Concat(right))
            {
                properties.Set(
                    name, left.TryGet(name, out var first) && right.TryGet(name, out var second)
                        && first is RegoObject both ? Merge(both, second) : value);
            }

            merged.Set("properties", properties.Build());
        }

        return merged.Build();
    }

    private static string[] TypesOf(RegoObject schema) => !schema.TryGet("type", out var type) ? []
        : type is RegoArray several
            ? [.. several.Span.ToArray().OfType<RegoString>().Select(one => one.Value).Order(StringComparer.Ordinal)]
            : type is RegoString one ? [one.Value] : [];

    private static RegoObject Without(RegoObject schema, string name)
    {
        var rest = new RegoObject.Builder();
        foreach (var (key, value) in schema)
        {
            if (!key.Equals(RegoString.Of(name)))
                rest.Set(key, value);
        }

        return rest.Build();
    }

    private static T? Get<T>(RegoObject schema, string name)
        where T : RegoValue => schema.TryGet(name, out var value) ? value as T : null;
}
