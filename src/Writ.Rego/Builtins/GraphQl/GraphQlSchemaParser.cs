using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Reads type systems and their extensions (§3).</summary>
internal sealed class GraphQlSchemaParser : GraphQlParser
{
    private static readonly string[] Locations =
    [
        "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE",
        "UNION", "ENUM", "ENUM_VALUE", "INPUT_OBJECT", "INPUT_FIELD_DEFINITION",
    ];

    private readonly Dictionary<string, List<RegoValue>> _parts = new(StringComparer.Ordinal);
    private readonly bool _isBuiltIn;

    private GraphQlSchemaParser(string text, bool isBuiltIn)
        : base(text) => _isBuiltIn = isBuiltIn;

    public static RegoObject Parse(string text, bool isBuiltIn = false)
    {
        var parser = new GraphQlSchemaParser(text, isBuiltIn);
        while (!parser.PeekIs(GraphQlToken.End))
        {
            parser.ReadDefinition();
        }

        var document = new RegoObject.Builder();
        foreach (var (name, items) in parser._parts)
        {
            document.Set(name, RegoArray.Of(items));
        }

        return document.Build();
    }

    private void ReadDefinition()
    {
        var description = Peek();
        var words = ReadDescription();
        if (!PeekIs(GraphQlToken.Name))
        {
            throw Unexpected();
        }

        switch (Peek().Value)
        {
            case "schema":
                Next();
                Add("Schema", Node(
                    ("Description", Text(words)), ("Directives", ReadDirectives(isConstant: true)),
                    ("OperationTypes", ReadOperationTypes())));
                break;
            case "directive":
                Add("Directives", ReadDirective(words));
                break;
            case "extend":
                if (words.Length > 0)
                {
                    throw Unexpected(description);
                }

                Next();
                ReadExtension();
                break;
            default:
                Add("Definitions", ReadTypeDefinition(words) ?? throw Unexpected());
                break;
        }
    }

    private void Add(string part, RegoValue item)
    {
        if (!_parts.TryGetValue(part, out var items))
        {
            _parts[part] = items = [];
        }

        items.Add(item);
    }

    private string ReadDescription() => PeekIs("String") || PeekIs("BlockString") ? Next().Value : "";

    private RegoArray ReadOperationTypes() => ReadMany("{", "}", some: true, () =>
    {
        var operation = Next();
        if (operation.Value is not ("query" or "mutation" or "subscription"))
        {
            throw Unexpected(operation);
        }

        Expect(":");
        return Node(("Operation", Text(operation.Value)), ("Type", Text(ReadName())));
    });

    private void ReadExtension()
    {
        if (PeekIsName("schema"))
        {
            Next();
            var extension = Node(
                ("Description", Text("")), ("Directives", ReadDirectives(isConstant: true)),
                ("OperationTypes", ReadOperationTypes()));
            Add("SchemaExtension", extension.Count > 1 ? extension : throw Unexpected());
            return;
        }

        // Kind, name, description and the mark of what is built in are always there: something must come to them.
        var type = ReadTypeDefinition("") ?? throw Unexpected();
        Add("Extensions", type.Count > 4 ? type : throw Unexpected());
    }

    /// <summary>Null when no type begins here.</summary>
    private RegoObject? ReadTypeDefinition(string description)
    {
        var kind = Peek().Value switch
        {
            "scalar" => "SCALAR",
            "type" => "OBJECT",
            "interface" => "INTERFACE",
            "union" => "UNION",
            "enum" => "ENUM",
            "input" => "INPUT_OBJECT",
            _ => null,
        };
        if (kind is null || !PeekIs(GraphQlToken.Name))
        {
            return null;
        }

        Next();
        var name = ReadName();
        var interfaces = kind is "OBJECT" or "INTERFACE" ? ReadInterfaces() : RegoArray.Empty;
        var directives = ReadDirectives(isConstant: true);
        return Node(
            ("Kind", Text(kind)), ("Description", Text(description)), ("Name", Text(name)),
            ("BuiltIn", RegoBoolean.Of(_isBuiltIn)), ("Interfaces", interfaces), ("Directives", directives),
            ("Fields", kind switch
            {
                "OBJECT" or "INTERFACE" => ReadMany("{", "}", some: true, ReadField),
                "INPUT_OBJECT" => ReadMany("{", "}", some: true, ReadInput),
                _ => null,
            }),
            ("Types", kind is "UNION" && Skip("=") ? ReadNames("|") : null),
            ("EnumValues", kind is "ENUM" ? ReadMany("{", "}", some: true, ReadEnumValue) : null));
    }

    private RegoArray ReadInterfaces()
    {
        if (!PeekIsName("implements"))
        {
            return RegoArray.Empty;
        }

        Next();
        return ReadNames("&");
    }

    /// <summary>Names between separators, one of which may stand before the first.</summary>
    private RegoArray ReadNames(string separator)
    {
        Skip(separator);
        var names = new List<RegoValue> { Text(ReadName()) };
        while (Skip(separator))
        {
            names.Add(Text(ReadName()));
        }

        return RegoArray.Own([.. names]);
    }

    private RegoObject ReadField()
    {
        var description = ReadDescription();
        var name = ReadName();
        var arguments = ReadMany("(", ")", some: true, ReadInput);
        Expect(":");
        return Node(
            ("Description", Text(description)), ("Name", Text(name)), ("Arguments", arguments), ("Type", ReadType()),
            ("Directives", ReadDirectives(isConstant: true)));
    }

    private RegoObject ReadInput()
    {
        var description = ReadDescription();
        var name = ReadName();
        Expect(":");
        return Node(
            ("Description", Text(description)), ("Name", Text(name)), ("Type", ReadType()),
            ("DefaultValue", ReadDefault()), ("Directives", ReadDirectives(isConstant: true)));
    }

    private RegoObject ReadEnumValue() => Node(
        ("Description", Text(ReadDescription())), ("Name", Text(ReadName())),
        ("Directives", ReadDirectives(isConstant: true)));

    private RegoObject ReadDirective(string description)
    {
        Next();
        Expect("@");
        var name = ReadName();
        var arguments = ReadMany("(", ")", some: true, ReadInput);
        var isRepeatable = PeekIsName("repeatable");
        if (isRepeatable)
        {
            Next();
        }

        ExpectKeyword("on");
        Skip("|");
        var locations = new List<RegoValue> { ReadLocation() };
        while (Skip("|"))
        {
            locations.Add(ReadLocation());
        }

        return Node(
            ("Description", Text(description)), ("Name", Text(name)), ("Arguments", arguments),
            ("Locations", RegoArray.Of(locations)), ("IsRepeatable", RegoBoolean.Of(isRepeatable)));
    }

    private RegoString ReadLocation()
    {
        var name = Expect(GraphQlToken.Name);
        return Locations.Contains(name.Value, StringComparer.Ordinal) ? Text(name.Value) : throw Unexpected(name);
    }
}
