using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>What a rule makes when its body holds.</summary>
/// <param name="Name">The first word of the rule's reference.</param>
/// <param name="Path">The rest of the reference; it may hold variables.</param>
/// <param name="Arguments">A function's; null when it is none.</param>
/// <param name="Element">What a multi-value rule contains.</param>
/// <param name="Value">The value of any other rule; null where it was left out and is <c>true</c>.</param>
/// <param name="Form">How it was written.</param>
/// <param name="Span">From its name to its value.</param>
internal sealed record RuleHead(
    Term.Variable Name, Term[] Path, Term[]? Arguments, Term? Element, Term? Value, RuleForm Form, Span Span);
