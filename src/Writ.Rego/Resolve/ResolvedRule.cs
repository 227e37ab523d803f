using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>A rule whose names are resolved.</summary>
/// <param name="Source">The rule as it was written.</param>
/// <param name="Module">The module that holds it.</param>
/// <param name="Path">What follows its name, resolved in the scope of its first branch.</param>
/// <param name="Element">What a multi-value rule contains.</param>
/// <param name="Branches">Its body, then those of each <c>else</c>.</param>
internal sealed record ResolvedRule(
    Rule Source, Module Module, Term[] Path, Term? Element, ResolvedBranch[] Branches)
{
    /// <summary>Where its module lies below <c>data</c>.</summary>
    public string[] Package => Module.Package;
}
