namespace Writ.Rego.Tree;

/// <summary>What errors call a term.</summary>
internal static class TermNames
{
    public static string Sort(Term term) => term switch
    {
        Term.Literal literal => literal.Value.KindName,
        Term.Variable => "var",
        Term.Reference => "ref",
        Term.Call => "call",
        Term.Array => "array",
        Term.Set => "set",
        Term.Object => "object",
        Term.Comprehension { Kind: CollectionKind.Array } => "arraycomprehension",
        Term.Comprehension { Kind: CollectionKind.Set } => "setcomprehension",
        Term.Comprehension => "objectcomprehension",
        _ => "templatestring",
    };
}
