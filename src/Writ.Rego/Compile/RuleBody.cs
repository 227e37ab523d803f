using Writ.Rego.Evaluate;

namespace Writ.Rego.Compile;

/// <summary>
/// A body's first step and the number of its variables; a function's arguments are the first of them. A traced
/// one marks its end.
/// </summary>
internal sealed record RuleBody(Step Entry, int Slots, Traced.End? Mark = null);
