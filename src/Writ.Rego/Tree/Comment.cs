using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>A comment, without its hash sign.</summary>
internal sealed record Comment(string Text, Span Span, bool IsAlone);
