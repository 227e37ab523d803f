using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>One way in which a query holds.</summary>
/// <param name="Expressions">What each of its expressions is worth, in the order in which they were written.</param>
/// <param name="Bindings">Its variables by name.</param>
public sealed record QuerySolution(IReadOnlyList<ExpressionValue> Expressions, RegoObject Bindings);
