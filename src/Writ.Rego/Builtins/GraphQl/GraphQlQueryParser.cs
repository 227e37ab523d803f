using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Reads documents of operations and fragments (§2.2).</summary>
internal sealed class GraphQlQueryParser : GraphQlParser
{
    private GraphQlQueryParser(string text)
        : base(text)
    {
    }

    public static RegoObject Parse(string text)
    {
        var parser = new GraphQlQueryParser(text);
        var operations = new List<RegoValue>();
        var fragments = new List<RegoValue>();
        while (!parser.PeekIs(GraphQlToken.End))
        {
            if (parser.PeekIs("{") || parser.PeekIsName("query") || parser.PeekIsName("mutation")
                || parser.PeekIsName("subscription"))
            {
                operations.Add(parser.ReadOperation());
            }
            else if (parser.PeekIsName("fragment"))
            {
                fragments.Add(parser.ReadFragment());
            }
            else
            {
                throw parser.Unexpected();
            }
        }

        return Node(("Operations", RegoArray.Of(operations)), ("Fragments", RegoArray.Of(fragments)));
    }

    private RegoObject ReadOperation()
    {
        if (PeekIs("{"))
        {
            return Node(("Operation", Text("query")), ("Name", Text("")), ("SelectionSet", ReadSelections()));
        }

        var operation = Next().Value;
        var name = PeekIs(GraphQlToken.Name) ? Next().Value : "";
        return Node(
            ("Operation", Text(operation)), ("Name", Text(name)), ("VariableDefinitions", ReadVariables()),
            ("Directives", ReadDirectives(isConstant: false)), ("SelectionSet", ReadSelections()));
    }

    private RegoArray ReadVariables() => ReadMany("(", ")", some: false, () =>
    {
        Expect("$");
        var name = ReadName();
        Expect(":");
        return Node(
            ("Variable", Text(name)), ("Type", ReadType()), ("DefaultValue", ReadDefault()),
            ("Directives", ReadDirectives(isConstant: false)), ("Used", RegoBoolean.False));
    });

    private RegoArray ReadSelections()
    {
        if (!PeekIs("{"))
        {
            throw Failed(Peek(), $"Expected {{, found {Peek().Kind}");
        }

        return ReadMany("{", "}", some: true, () => PeekIs("...") ? ReadSpread() : ReadField());
    }

    private RegoObject ReadField()
    {
        var alias = ReadName();
        var name = Skip(":") ? ReadName() : alias;
        return Node(
            ("Alias", Text(alias)), ("Name", Text(name)), ("Arguments", ReadArguments(isConstant: false)),
            ("Directives", ReadDirectives(isConstant: false)),
            ("SelectionSet", PeekIs("{") ? ReadSelections() : null));
    }

    private RegoObject ReadSpread()
    {
        Next();
        if (PeekIs(GraphQlToken.Name) && !PeekIsName("on"))
        {
            return Node(("Name", Text(ReadName())), ("Directives", ReadDirectives(isConstant: false)));
        }

        var condition = "";
        if (PeekIsName("on"))
        {
            Next();
            condition = ReadName();
        }

        return Node(
            ("TypeCondition", Text(condition)), ("Directives", ReadDirectives(isConstant: false)),
            ("SelectionSet", ReadSelections()));
    }

    private RegoObject ReadFragment()
    {
        Next();
        var name = PeekIsName("on") ? throw Unexpected() : ReadName();
        var variables = ReadVariables();
        ExpectKeyword("on");
        return Node(
            ("Name", Text(name)), ("VariableDefinition", variables), ("TypeCondition", Text(ReadName())),
            ("Directives", ReadDirectives(isConstant: false)), ("SelectionSet", ReadSelections()));
    }
}
