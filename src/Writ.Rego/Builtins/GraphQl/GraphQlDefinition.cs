using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>A type with all that its extensions add.</summary>
internal sealed class GraphQlDefinition
{
    public GraphQlDefinition(RegoObject node)
    {
        Name = node.Text("Name");
        Kind = node.Text("Kind");
        IsBuiltIn = node.Flag("BuiltIn");
    }

    public string Name { get; }

    public string Kind { get; }

    public bool IsBuiltIn { get; }

    public List<RegoObject> Fields { get; } = [];

    public List<string> Interfaces { get; } = [];

    public List<string> Types { get; } = [];

    public List<RegoObject> EnumValues { get; } = [];

    public List<RegoObject> Directives { get; } = [];

    public bool IsInput => Kind is "SCALAR" or "ENUM" or "INPUT_OBJECT";

    public bool IsLeaf => Kind is "SCALAR" or "ENUM";

    public bool IsComposite => Kind is "OBJECT" or "INTERFACE" or "UNION";

    public void Extend(RegoObject node)
    {
        Fields.AddRange(node.Children("Fields"));
        Interfaces.AddRange(node.Texts("Interfaces"));
        Types.AddRange(node.Texts("Types"));
        EnumValues.AddRange(node.Children("EnumValues"));
        Directives.AddRange(node.Children("Directives"));
    }

    public RegoObject? Field(string name) => Fields.Named(name);
}
