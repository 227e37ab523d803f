using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>One expression of a query in one of its solutions.</summary>
/// <param name="Value">Its value; true for one that only has to hold, such as an assignment.</param>
/// <param name="Text">The expression as it was written.</param>
/// <param name="Row">Its line in the query, from 1.</param>
/// <param name="Column">Its character in the line, from 1.</param>
public sealed record ExpressionValue(RegoValue Value, string Text, int Row, int Column);
