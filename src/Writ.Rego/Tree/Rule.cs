using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>One rule.</summary>
/// <param name="Head">What it makes.</param>
/// <param name="IsDefault">Whether it speaks when no other rule of its name does.</param>
/// <param name="Body">What must hold; empty when it was left out.</param>
/// <param name="Alternatives">The <c>else</c> branches, in order.</param>
/// <param name="Span">From its first word to its last.</param>
internal sealed record Rule(
    RuleHead Head, bool IsDefault, Expression[] Body, Alternative[] Alternatives, Span Span);
