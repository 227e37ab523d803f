using Writ.Rego.Values;

namespace Writ.Rego.Syntax;

/// <summary>One METADATA block: its scope, its fields, and where what follows it begins.</summary>
internal sealed record Annotation(string Scope, RegoObject Fields, int Target, Span Span);
