using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>One <c>else</c> of a rule; without a value it is <c>true</c>, without a body it always holds.</summary>
internal sealed record Alternative(Term? Value, Expression[] Body, RuleForm Form, Span Span);
