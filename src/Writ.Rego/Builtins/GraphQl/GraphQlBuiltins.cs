using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>GraphQL: queries and schemas as trees, and whether they are valid.</summary>
internal static class GraphQlBuiltins
{
    private const string Source = "any<string, object[any: any]>";
    private const string Tree = "object[any: any]";

    public static IEnumerable<Builtin> All =>
    [
        new("graphql.parse_query", $"(string) => {Tree}", (_, a) => GraphQlQueryParser.Parse(a.Text(0))),
        new("graphql.parse_schema", $"(string) => {Tree}", (_, a) => GraphQlSchemaParser.Parse(a.Text(0))),
        new("graphql.parse", $"({Source}, {Source}) => array<{Tree}, {Tree}>", (_, a) =>
        {
            var (query, schema) = Checked(a);
            return RegoArray.Of(query, schema);
        }),
        new("graphql.parse_and_verify", $"({Source}, {Source}) => array<boolean, {Tree}, {Tree}>", (_, a) =>
            Try(a) is var (query, schema)
                ? RegoArray.Of(RegoBoolean.True, query, schema)
                : RegoArray.Of(RegoBoolean.False, RegoObject.Empty, RegoObject.Empty)),
        new("graphql.is_valid", $"({Source}, {Source}) => boolean", (_, a) => RegoBoolean.Of(Try(a) is not null)),
        new("graphql.schema_is_valid", $"({Source}) => boolean", (_, a) => RegoBoolean.Of(IsValidSchema(a))),
    ];

    private static (RegoObject Query, RegoObject Schema) Checked(Operands a)
    {
        var query = Read(a, 0, text => GraphQlQueryParser.Parse(text));
        var schema = Read(a, 1, text => GraphQlSchemaParser.Parse(text));
        QueryCheck.Run(GraphQlSchema.Build(schema), query);
        return (query, schema);
    }

    private static (RegoObject Query, RegoObject Schema)? Try(Operands a)
    {
        try
        {
            return Checked(a);
        }
        catch (BuiltinError error) when (!error.IsFatal)
        {
            return null;
        }
    }

    private static bool IsValidSchema(Operands a)
    {
        try
        {
            return GraphQlSchema.Build(Read(a, 0, text => GraphQlSchemaParser.Parse(text))) is not null;
        }
        catch (BuiltinError error) when (!error.IsFatal)
        {
            return false;
        }
    }

    private static RegoObject Read(Operands a, int index, Func<string, RegoObject> parse) => a[index] switch
    {
        RegoString text => parse(text.Value),
        RegoObject tree => tree,
        _ => throw a.Wrong(index, "string", "object"),
    };
}
