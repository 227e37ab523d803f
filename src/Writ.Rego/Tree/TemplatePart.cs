namespace Writ.Rego.Tree;

/// <summary>A part of a template string: text as it reads, or a term.</summary>
internal readonly record struct TemplatePart(string? Text, Term? Term);
