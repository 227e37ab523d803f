using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>One body of a rule.</summary>
/// <param name="Arguments">A function's; null when it is none.</param>
/// <param name="Body">What must hold.</param>
/// <param name="Value">Its value; null stands for <c>true</c>.</param>
/// <param name="Span">Where it was written.</param>
/// <param name="Variables">The names of its variables, by their numbers.</param>
internal sealed record ResolvedBranch(
    Term[]? Arguments, Expression[] Body, Term? Value, Span Span, List<string> Variables);
