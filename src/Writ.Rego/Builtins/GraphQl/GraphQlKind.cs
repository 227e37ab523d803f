namespace Writ.Rego.Builtins.GraphQl;

/// <summary>Kinds of values, with the numbers that the tree shows.</summary>
internal enum GraphQlKind
{
    Variable,
    Int,
    Float,
    String,
    Block,
    Boolean,
    Null,
    Enum,
    List,
    Object,
}
