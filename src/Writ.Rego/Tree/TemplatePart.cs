namespace Writ.Rego.Tree;

/// <summary>A part of a template string: text as it reads, or a term with its <c>with</c>.</summary>
internal readonly record struct TemplatePart(string? Text, Term? Term, WithModifier[] With);
