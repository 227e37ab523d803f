using Writ.Rego.Values;
using Writ.Rego.Values.Json;

namespace Writ.Rego.Builtins.Documents;

/// <summary>JSON texts, and parts of JSON documents.</summary>
internal static class JsonBuiltins
{
    private const string Paths =
        "any<array[any<string, array[any]>], set[any<string, array[any]>]>";

    public static IEnumerable<Builtin> All =>
    [
        new("json.marshal", "(any) => string", (c, a) => RegoString.Of(JsonText.Write(a[0], c.CheckText))),
        new(
            "json.marshal_with_options",
            "(any, object<indent: string, prefix: string, pretty: boolean>[string: any]) => string",
            MarshalWithOptions),
        new("json.unmarshal", "(string) => any", (_, a) => Parse(a.Text(0))),
        new("json.is_valid", "(string) => boolean", (_, a) => RegoBoolean.Of(
            a[0] is RegoString text && TryParse(text.Value) is not null)),
        new("json.filter", $"(object[any: any], {Paths}) => any", (_, a) =>
            JsonPaths.Filter(a.Object(0), JsonPaths.Tree(a, 1))),
        new("json.remove", $"(object[any: any], {Paths}) => any", (_, a) =>
            JsonPaths.Remove(a.Object(0), JsonPaths.Tree(a, 1))),
        new("json.patch", "(any, array[object<op: string, path: any>[any: any]]) => any", (_, a) =>
            JsonPatch.Apply(a[0], a.Array(1))),
    ];

    /// <summary>Fails in the words of Go's decoder as far as they can be told.</summary>
    public static RegoValue Parse(string text) => TryParse(text) ?? throw BuiltinError.Failed(
        text.AsSpan().Trim().IsEmpty ? "unexpected end of JSON input" : "invalid character in JSON text");

    public static RegoValue? TryParse(string text)
    {
        try
        {
            return JsonDocumentReader.Read(ByteText.Encode(text));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static RegoString MarshalWithOptions(BuiltinContext context, Operands a)
    {
        var (indent, prefix) = ("\t", "");
        var isAsked = false;
        bool? isPretty = null;
        foreach (var (key, value) in a.Object(1))
        {
            switch ((key as RegoString)?.Value)
            {
                case "prefix":
                    (prefix, isAsked) = (TextOf("prefix", value), true);
                    break;
                case "indent":
                    (indent, isAsked) = (TextOf("indent", value), true);
                    break;
                case "pretty":
                    isPretty = (value as RegoBoolean
                        ?? throw Operands.Invalid(1, "key pretty failed cast to bool")).Value;
                    break;
                default:
                    throw Operands.Invalid(1, $"object contained unknown key {key}");
            }
        }

        return RegoString.Of(isPretty ?? isAsked
            ? prefix + JsonText.Write(a[0], prefix, indent, context.CheckText)
            : JsonText.Write(a[0], context.CheckText));
    }

    private static string TextOf(string key, RegoValue value) => (value as RegoString
        ?? throw Operands.Invalid(1, $"key {key} failed cast to string: must be string but got {value.KindName}"))
        .Value;
}
