using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>An interface has two real implementations, or its documentation says "extension point".</summary>
internal sealed class Interfaces : ILaw
{
    public IEnumerable<Breach> Check(SourceTree tree)
    {
        var bases = tree.Product
            .SelectMany(file => file.Types)
            .Where(type => type is not InterfaceDeclarationSyntax)
            .SelectMany(type => type.BaseList?.Types ?? [])
            .CountBy(parent => Plain(parent.Type), StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        return
            from file in tree.Product
            from type in file.Nodes<InterfaceDeclarationSyntax>()
            where bases.GetValueOrDefault(type.Identifier.Text) < 2
            where !type.GetLeadingTrivia().ToString().Contains("extension point", StringComparison.OrdinalIgnoreCase)
            select Breach.At(
                file, type, $"{type.Identifier} is implemented once: use the class, or document the extension point");
    }

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A.cs", "interface IA; class A : IA;"),
        SourceTree.Planted(("src/A.cs", "interface IA; class A : IA;"), ("tests/B.cs", "class B : IA;")),
        SourceTree.Planted("src/A.cs", "interface IA<T>;"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A.cs", "interface IA; class A : IA; class B(int a) : C(a), X.IA;"),
        SourceTree.Planted("src/A.cs", "interface IA<T>; class A : IA<int>; class B : IA<string>;"),
        SourceTree.Planted("src/A.cs", "/// <summary>An extension point.</summary>\ninterface IA; class A : IA;"),
    ];

    private static string Plain(TypeSyntax type) => type switch
    {
        QualifiedNameSyntax qualified => qualified.Right.Identifier.Text,
        SimpleNameSyntax simple => simple.Identifier.Text,
        _ => type.ToString(),
    };
}
