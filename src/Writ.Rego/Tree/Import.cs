using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>An import.</summary>
/// <param name="Root"><c>data</c>, <c>input</c>, <c>future</c> or <c>rego</c>.</param>
/// <param name="Path">The words after it.</param>
/// <param name="Alias">The name after <c>as</c>.</param>
/// <param name="Span">From <c>import</c> to its end.</param>
internal sealed record Import(string Root, string[] Path, string? Alias, Span Span)
{
    /// <summary>The name that the module gives to what is imported.</summary>
    public string Name => Alias ?? (Path.Length > 0 ? Path[^1] : Root);
}
