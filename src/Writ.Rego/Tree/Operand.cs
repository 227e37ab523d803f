using Writ.Rego.Syntax;

namespace Writ.Rego.Tree;

/// <summary>A body within an expression, which <c>not</c>, <c>and</c> or <c>or</c> asks whether it holds.</summary>
/// <param name="Body">Its expressions; one when it has no braces.</param>
/// <param name="IsExplicit">Whether it lies in braces: only then has it variables of its own.</param>
/// <param name="Span">From its first sign to its last.</param>
internal sealed record Operand(Expression[] Body, bool IsExplicit, Span Span)
{
    /// <summary>The outer variables that are named in braces; known once names are resolved.</summary>
    public int[] Captures { get; init; } = [];
}
