using Writ.Rego.Values;

namespace Writ.Rego.Types;

/// <summary>
/// Reads types as they are printed. Used for the declarations of built-ins, which come from us or an embedder.
/// </summary>
internal ref struct TypeParser
{
    private ReadOnlySpan<char> _rest;

    private TypeParser(string text) => _rest = text;

    public static RegoType ParseType(string text)
    {
        var parser = new TypeParser(text);
        var type = parser.ReadType();
        return parser.End(type);
    }

    public static FunctionType ParseFunction(string text)
    {
        var parser = new TypeParser(text);
        var arguments = new List<RegoType>();
        RegoType? variadic = null;
        parser.Expect("(");
        while (!parser.Take(")"))
        {
            var type = parser.ReadType();
            if (parser.Take("..."))
            {
                variadic = type;
            }
            else
            {
                arguments.Add(type);
            }

            parser.Take(",");
        }

        return parser.End(new FunctionType(arguments, variadic, parser.Take("=>") ? parser.ReadType() : null));
    }

    private RegoType ReadType()
    {
        var word = Word();
        return word switch
        {
            "null" => RegoType.Null,
            "boolean" => RegoType.Boolean,
            "number" => RegoType.Number,
            "string" => RegoType.String,
            "any" => Take("<") ? new RegoType.Any(ReadList()) : RegoType.Anything,
            "array" => new RegoType.Array(Take("<") ? ReadList() : [], Take("[") ? Closed(ReadType(), "]") : null),
            "set" => new RegoType.Set(Take("[") ? Closed(ReadType(), "]") : RegoType.Anything),
            "object" => ReadObject(),
            _ => throw new FormatException($"not a type: {word}"),
        };
    }

    private List<RegoType> ReadList()
    {
        var types = new List<RegoType>();
        while (!Take(">"))
        {
            types.Add(ReadType());
            Take(",");
        }

        return types;
    }

    private RegoType.Object ReadObject()
    {
        var properties = new List<KeyValuePair<RegoValue, RegoType>>();
        if (Take("<"))
        {
            while (!Take(">"))
            {
                var name = Word();
                Expect(":");
                properties.Add(new(RegoString.Of(name), ReadType()));
                Take(",");
            }
        }

        if (!Take("["))
        {
            return new RegoType.Object(properties, null);
        }

        var key = ReadType();
        Expect(":");
        return new RegoType.Object(properties, (key, Closed(ReadType(), "]")));
    }

    private string Word()
    {
        _rest = _rest.TrimStart();
        var end = 0;
        while (end < _rest.Length && (char.IsAsciiLetterOrDigit(_rest[end]) || _rest[end] == '_'))
        {
            end++;
        }

        var word = _rest[..end].ToString();
        _rest = _rest[end..];
        return word;
    }

    private bool Take(string token)
    {
        _rest = _rest.TrimStart();
        if (!_rest.StartsWith(token))
        {
            return false;
        }

        _rest = _rest[token.Length..];
        return true;
    }

    private void Expect(string token)
    {
        if (!Take(token))
        {
            throw new FormatException($"expected {token} before: {_rest}");
        }
    }

    private RegoType Closed(RegoType type, string token)
    {
        Expect(token);
        return type;
    }

    private readonly T End<T>(T read) =>
        _rest.Trim().IsEmpty ? read : throw new FormatException($"what is this after the type: {_rest}");
}
