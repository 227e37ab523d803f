namespace Writ.Rego.Evaluate;

/// <summary>A part of a template string: text, or the set of values of a term.</summary>
internal sealed record TemplateNode(string? Text, Node? Values);
