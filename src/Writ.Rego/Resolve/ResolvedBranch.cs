using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>One body of a rule with its value; null stands for <c>true</c>.</summary>
internal sealed record ResolvedBranch(Term[]? Arguments, Expression[] Body, Term? Value, Span Span);
