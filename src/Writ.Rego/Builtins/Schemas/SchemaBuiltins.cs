using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>Documents held against JSON schemas.</summary>
internal static class SchemaBuiltins
{
    private const string Source = "any<string, object[any: any]>";
    private const string Document = "any<string, array[any], object[any: any]>";
    private const string Error = "object<desc: string, error: string, field: string, type: string>";

    public static IEnumerable<Builtin> All =>
    [
        new("json.verify_schema", $"({Source}) => array<boolean, any<null, string>>", Verify),
        new("json.match_schema", $"({Document}, {Source}) => array<boolean, array[{Error}]>", Match),
    ];

    private static RegoArray Verify(BuiltinContext context, Operands a)
    {
        try
        {
            JsonSchema.Compile(a[0]);
            return RegoArray.Of(RegoBoolean.True, RegoNull.Instance);
        }
        catch (BuiltinError error) when (!error.IsFatal)
        {
            return RegoArray.Of(RegoBoolean.False, RegoString.Of($"jsonschema: {error.Message}"));
        }
    }

    private static RegoArray Match(BuiltinContext context, Operands a)
    {
        var document = JsonSchema.Load(a[0]);
        var schema = a[1] is RegoString text
            ? context.Built(text.Value, source => JsonSchema.Compile(RegoString.Of(source)))
            : JsonSchema.Compile(a[1]);
        var errors = new SchemaMatch(context, schema).Run(document);
        return RegoArray.Of(RegoBoolean.Of(errors.Count == 0), RegoArray.Of(errors.Select(error => error.ToValue())));
    }
}
