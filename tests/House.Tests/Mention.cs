using Microsoft.CodeAnalysis;

namespace House.Tests;

/// <summary>A place in a source file that speaks of a symbol, and the namespace that is the symbol's home.</summary>
internal sealed record Mention(SourceFile File, SyntaxNode Node, ISymbol Symbol, string Namespace);
