namespace Writ.Rego.Compile;

internal enum RuleKind
{
    /// <summary>One value.</summary>
    Complete,

    /// <summary>A set, element by element.</summary>
    Set,

    /// <summary>An object, path by path; the leaves are values or sets.</summary>
    Object,
    Function,
}
