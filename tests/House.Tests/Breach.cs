using Microsoft.CodeAnalysis;

namespace House.Tests;

/// <summary>Where a law is broken, and how.</summary>
internal sealed record Breach(string Path, int Line, string Message)
{
    public static Breach At(SourceFile file, SyntaxNodeOrToken node, string message) =>
        new(file.Path, node.GetLocation()!.GetLineSpan().StartLinePosition.Line + 1, message);

    public static Breach Of(SourceFile file, string message) => new(file.Path, 1, message);

    public override string ToString() => $"{Path}:{Line}: {Message}";
}
