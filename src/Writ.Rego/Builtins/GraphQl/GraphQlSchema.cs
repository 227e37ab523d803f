using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>A checked type system: types and directives by name, and where the operations begin.</summary>
internal sealed class GraphQlSchema
{
    private static readonly RegoObject Prelude = GraphQlSchemaParser.Parse(GraphQlPrelude.Schema, isBuiltIn: true);

    private static readonly string[] BuiltInDirectives = ["include", "skip", "deprecated", "specifiedBy"];

    private readonly Dictionary<string, HashSet<string>> _possible = new(StringComparer.Ordinal);

    public Dictionary<string, GraphQlDefinition> Types { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, RegoObject> Directives { get; } = new(StringComparer.Ordinal);

    /// <summary>By the kind of operation.</summary>
    public Dictionary<string, GraphQlDefinition> Roots { get; } = new(StringComparer.Ordinal);

    /// <summary>Fails with the first thing that is wrong.</summary>
    public static GraphQlSchema Build(RegoObject document)
    {
        var schema = new GraphQlSchema();
        foreach (var part in (RegoObject[])[Prelude, document])
        {
            schema.AddTypes(part);
        }

        schema.AddExtensions(document);
        schema.AddPossibleTypes();
        schema.AddDirectives(Prelude);
        schema.AddDirectives(document);
        schema.AddRoots(document);
        new SchemaCheck(schema).Run();
        schema.AddIntrospection();
        return schema;
    }

    public GraphQlDefinition? Find(string name) => Types.GetValueOrDefault(name);

    /// <summary>The object types that a value of a type can have.</summary>
    public IReadOnlySet<string> Possible(string name) =>
        _possible.TryGetValue(name, out var types) ? types : new HashSet<string>(StringComparer.Ordinal);

    private void AddTypes(RegoObject document)
    {
        foreach (var node in document.Children("Definitions"))
        {
            var definition = new GraphQlDefinition(node);
            definition.Extend(node);
            if (!Types.TryAdd(definition.Name, definition))
            {
                throw GraphQlTree.Invalid($"Cannot redeclare type {definition.Name}.");
            }
        }
    }

    /// <summary>What extends a type that is not there makes it.</summary>
    private void AddExtensions(RegoObject document)
    {
        foreach (var node in document.Children("Extensions"))
        {
            var name = node.Text("Name");
            if (!Types.TryGetValue(name, out var definition))
            {
                Types[name] = definition = new GraphQlDefinition(node);
            }

            if (definition.Kind != node.Text("Kind"))
            {
                throw GraphQlTree.Invalid(
                    $"Cannot extend type {name} because the base type is a {definition.Kind}, not "
                    + $"{node.Text("Kind")}.");
            }

            definition.Extend(node);
        }
    }

    private void AddPossibleTypes()
    {
        foreach (var definition in Types.Values)
        {
            foreach (var type in definition.Kind is "UNION" ? definition.Types : [])
            {
                AddPossible(definition.Name, type);
            }

            foreach (var wider in definition.Kind is "UNION" ? [] : definition.Interfaces)
            {
                AddPossible(wider, definition.Name);
            }

            if (definition.Kind is "OBJECT" or "INPUT_OBJECT")
            {
                AddPossible(definition.Name, definition.Name);
            }
        }
    }

    private void AddPossible(string name, string type)
    {
        if (!_possible.TryGetValue(name, out var types))
        {
            _possible[name] = types = new HashSet<string>(StringComparer.Ordinal);
        }

        types.Add(type);
    }

    private void AddDirectives(RegoObject document)
    {
        foreach (var node in document.Children("Directives"))
        {
            var name = node.Text("Name");
            if (Directives.ContainsKey(name) && !BuiltInDirectives.Contains(name, StringComparer.Ordinal))
            {
                throw GraphQlTree.Invalid($"Cannot redeclare directive {name}.");
            }

            Directives[name] = node;
        }
    }

    private void AddRoots(RegoObject document)
    {
        var schemas = document.Children("Schema").ToArray();
        if (schemas.Length > 1)
        {
            throw GraphQlTree.Invalid(
                "Cannot have multiple schema entry points, consider schema extensions instead.");
        }

        foreach (var entry in schemas.Concat(document.Children("SchemaExtension"))
            .SelectMany(schema => schema.Children("OperationTypes")))
        {
            var (operation, type) = (entry.Text("Operation"), entry.Text("Type"));
            Roots[operation] = Find(type) ?? throw GraphQlTree.Invalid(
                $"Schema root {operation} refers to a type {type} that does not exist.");
        }

        foreach (var (operation, type) in (ReadOnlySpan<(string, string)>)
            [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")])
        {
            if (schemas.Length == 0 && Find(type) is { } root)
            {
                Roots.TryAdd(operation, root);
            }
        }
    }

    private void AddIntrospection()
    {
        if (Roots.TryGetValue("query", out var query))
        {
            var fields = GraphQlSchemaParser.Parse("type Q { __schema: __Schema! __type(name: String!): __Type }");
            query.Fields.AddRange(fields.Children("Definitions").Single().Children("Fields"));
        }
    }
}
