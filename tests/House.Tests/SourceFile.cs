using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests;

/// <summary>One file, named from the root of the repository, with forward slashes; C# is parsed once.</summary>
internal sealed class SourceFile
{
    private readonly Lazy<CompilationUnitSyntax> _unit;

    public SourceFile(string path, string text)
    {
        Path = path;
        Text = text;
        _unit = new(() => (CompilationUnitSyntax)CSharpSyntaxTree.ParseText(Text, path: Path).GetRoot());
    }

    public string Path { get; }

    public string Text { get; }

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string Folder => Path.LastIndexOf('/') is var slash and >= 0 ? Path[..slash] : "";

    public bool IsCSharp => Path.EndsWith(".cs", StringComparison.Ordinal);

    public string[] Lines => Text.ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');

    public CompilationUnitSyntax Unit => _unit.Value;

    public SyntaxTree Syntax => Unit.SyntaxTree;

    public IEnumerable<T> Nodes<T>() where T : SyntaxNode => Unit.DescendantNodes().OfType<T>();

    public IEnumerable<BaseTypeDeclarationSyntax> Types => Nodes<BaseTypeDeclarationSyntax>();
}
