using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>
/// What queries and schemas have in common: values, types, directives. The tree consists of objects of the language
/// with the members that the field's Go library gives them; what is null or empty is not there.
/// </summary>
internal abstract class GraphQlParser
{
    private const int MaxDepth = 300;

    private readonly GraphQlLexer _lexer;
    private GraphQlToken? _peeked;
    private int _depth;

    protected GraphQlParser(string text) => _lexer = new GraphQlLexer(text);

    protected GraphQlToken Peek() => _peeked ??= _lexer.Read();

    protected bool PeekIs(string kind) => Peek().Kind == kind;

    protected bool PeekIsName(string name) => Peek() is { Kind: GraphQlToken.Name, Value: var value } && value == name;

    protected GraphQlToken Next()
    {
        var token = Peek();
        _peeked = null;
        return token.Kind is GraphQlToken.Invalid ? throw Failed(token, token.Value) : token;
    }

    protected bool Skip(string kind)
    {
        if (!PeekIs(kind))
        {
            return false;
        }

        Next();
        return true;
    }

    protected GraphQlToken Expect(string kind) =>
        PeekIs(kind) ? Next() : throw Failed(Peek(), $"Expected {kind}, found {Peek().Kind}");

    protected void ExpectKeyword(string word)
    {
        if (!PeekIsName(word))
        {
            throw Failed(Peek(), $"Expected {TermText.Quote(word)}, found {Peek()}");
        }

        Next();
    }

    protected string ReadName() => Expect(GraphQlToken.Name).Value;

    protected BuiltinError Unexpected() => Unexpected(Peek());

    protected static BuiltinError Unexpected(GraphQlToken token) => Failed(token, $"Unexpected {token}");

    protected static BuiltinError Failed(GraphQlToken token, string message)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"{token.Line}:{token.Column}");
        return BuiltinError.Failed($"{message} in GraphQL string at location {place}");
    }

    /// <summary>
    /// Items between two punctuators, if the first is there; one at least when <paramref name="some" />.
    /// </summary>
    protected RegoArray ReadMany(string open, string close, bool some, Func<RegoValue> read)
    {
        if (!Skip(open))
        {
            return RegoArray.Empty;
        }

        if (++_depth > MaxDepth)
        {
            throw Failed(Peek(), "nested too deeply");
        }

        Work.Enter();
        var items = new List<RegoValue>();
        while (!PeekIs(close))
        {
            items.Add(read());
        }

        if (some && items.Count == 0)
        {
            throw Failed(Peek(), $"expected at least one definition, found {Peek().Kind}");
        }

        _depth--;
        Next();
        return RegoArray.Own([.. items]);
    }

    /// <summary>An object of those members that are neither null nor empty.</summary>
    protected static RegoObject Node(params ReadOnlySpan<(string Name, RegoValue? Value)> members)
    {
        var node = new RegoObject.Builder(members.Length);
        foreach (var (name, value) in members)
        {
            if (value is not (null or RegoArray { Count: 0 } or RegoObject { Count: 0 }))
            {
                node.Set(name, value);
            }
        }

        return node.Build();
    }

    protected static RegoString Text(string text) => RegoString.Of(text);

    protected RegoObject ReadType()
    {
        Work.Enter();
        RegoObject? element = null;
        var name = "";
        if (Skip("["))
        {
            if (++_depth > MaxDepth)
            {
                throw Failed(Peek(), "nested too deeply");
            }

            element = ReadType();
            _depth--;
            Expect("]");
        }
        else
        {
            name = ReadName();
        }

        return Node(("NamedType", Text(name)), ("Elem", element), ("NonNull", RegoBoolean.Of(Skip("!"))));
    }

    protected RegoArray ReadDirectives(bool isConstant)
    {
        var directives = new List<RegoValue>();
        while (Skip("@"))
        {
            directives.Add(Node(
                ("Name", Text(ReadName())), ("Arguments", ReadArguments(isConstant)), ("Location", Text(""))));
        }

        return RegoArray.Own([.. directives]);
    }

    protected RegoArray ReadArguments(bool isConstant) => ReadMany("(", ")", some: false, () =>
    {
        var name = ReadName();
        Expect(":");
        return Node(("Name", Text(name)), ("Value", ReadValue(isConstant)));
    });

    protected RegoObject ReadValue(bool isConstant)
    {
        var token = Peek();
        switch (token.Kind)
        {
            case "[":
                return ValueOf(GraphQlKind.List, "", ReadMany("[", "]", some: false, () =>
                    Node(("Name", Text("")), ("Value", ReadValue(isConstant)))));
            case "{":
                return ValueOf(GraphQlKind.Object, "", ReadMany("{", "}", some: false, () =>
                {
                    var name = ReadName();
                    Expect(":");
                    return Node(("Name", Text(name)), ("Value", ReadValue(isConstant)));
                }));
            case "$" when !isConstant:
                Next();
                return ValueOf(GraphQlKind.Variable, ReadName(), null);
            case "Int" or "Float" or "String" or "BlockString" or GraphQlToken.Name:
                Next();
                return ValueOf(KindOf(token), token.Value, null);
            default:
                throw Unexpected();
        }
    }

    protected RegoValue? ReadDefault() => Skip("=") ? ReadValue(isConstant: true) : null;

    private static GraphQlKind KindOf(GraphQlToken token) => token.Kind switch
    {
        "Int" => GraphQlKind.Int,
        "Float" => GraphQlKind.Float,
        "String" => GraphQlKind.String,
        "BlockString" => GraphQlKind.Block,
        _ => token.Value switch
        {
            "true" or "false" => GraphQlKind.Boolean,
            "null" => GraphQlKind.Null,
            _ => GraphQlKind.Enum,
        },
    };

    private static RegoObject ValueOf(GraphQlKind kind, string raw, RegoValue? children) =>
        Node(("Raw", Text(raw)), ("Kind", RegoNumber.Of((int)kind)), ("Children", children));
}
