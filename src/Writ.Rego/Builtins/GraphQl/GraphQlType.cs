using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>A type as it is referred to: a name or a list, perhaps never null.</summary>
internal sealed record GraphQlType(string Name, GraphQlType? Element, bool IsNonNull)
{
    private const int MaxDepth = 300;

    /// <summary>The name inside all lists.</summary>
    public string Innermost => Element?.Innermost ?? Name;

    public static GraphQlType Named(string name, bool isNonNull = false) => new(name, null, isNonNull);

    public static GraphQlType Of(RegoObject? node, int depth)
    {
        if (node is null || depth > MaxDepth)
        {
            throw GraphQlTree.Invalid("a type is missing, or nested too deeply");
        }

        var element = node.Child("Elem");
        return new GraphQlType(
            node.Text("NamedType"), element is null ? null : Of(element, depth + 1), node.Flag("NonNull"));
    }

    /// <summary>Whether what has this type may stand where the other is asked for.</summary>
    public bool FitsInto(GraphQlType wanted)
    {
        if ((wanted.IsNonNull && !IsNonNull) || (Element is null) != (wanted.Element is null))
        {
            return false;
        }

        return Element is null ? Name == wanted.Name : Element.FitsInto(wanted.Element!);
    }

    public override string ToString() => (Element is null ? Name : $"[{Element}]") + (IsNonNull ? "!" : "");
}
