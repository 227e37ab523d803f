using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>The calls and replacements that were met while names were resolved, to be checked once all rules are known.
/// </summary>
internal sealed class ResolvedCalls
{
    /// <summary>Each call, and whether it is an expression of its own, which may name its result.</summary>
    public List<(Term.Call Call, bool IsStatement)> Calls { get; } = [];

    public List<WithModifier> Replacements { get; } = [];
}
