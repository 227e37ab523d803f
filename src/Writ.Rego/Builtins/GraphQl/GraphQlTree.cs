using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>
/// Reads the trees; a policy may hand in its own, in which anything can be missing or of another kind.
/// </summary>
internal static class GraphQlTree
{
    public static string Text(this RegoObject node, string member) =>
        node.TryGet(member, out var value) && value is RegoString text ? text.Value : "";

    public static bool Flag(this RegoObject node, string member) =>
        node.TryGet(member, out var value) && value.Equals(RegoBoolean.True);

    public static RegoObject? Child(this RegoObject node, string member) =>
        node.TryGet(member, out var value) ? value as RegoObject : null;

    public static IEnumerable<RegoObject> Children(this RegoObject node, string member) =>
        node.TryGet(member, out var value) && value is RegoArray array
            ? array.Span.ToArray().OfType<RegoObject>()
            : [];

    public static IEnumerable<string> Texts(this RegoObject node, string member) =>
        node.TryGet(member, out var value) && value is RegoArray array
            ? array.Span.ToArray().OfType<RegoString>().Select(text => text.Value)
            : [];

    public static GraphQlKind Kind(this RegoObject value) =>
        value.TryGet("Kind", out var kind) && kind is RegoNumber number && number.TryGetInt64(out var index)
            ? (GraphQlKind)index
            : GraphQlKind.Variable;

    public static GraphQlType Type(this RegoObject node) => GraphQlType.Of(node.Child("Type"), 0);

    public static RegoObject? Named(this IEnumerable<RegoObject> nodes, string name) =>
        nodes.FirstOrDefault(node => node.Text("Name") == name);

    public static BuiltinError Invalid(string message) => BuiltinError.Failed(message);
}
