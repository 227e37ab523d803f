using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary><c>with target as value</c>; the target is a variable or a reference.</summary>
internal sealed record WithModifier(Term Target, Term Value, Span Span);
