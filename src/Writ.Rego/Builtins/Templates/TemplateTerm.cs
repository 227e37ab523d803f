namespace Writ.Rego.Builtins.Templates;

/// <summary>An operand: what it begins with, then the fields that are taken of it.</summary>
internal sealed record TemplateTerm(TemplateToken Token, TemplatePipe? Inner, IReadOnlyList<string> Fields);
