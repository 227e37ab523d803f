using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>The public surface of the libraries is documented; what overrides inherits its words.</summary>
internal sealed class PublicDocumentation : ILaw
{
    private static readonly string[] Libraries =
        ["src/Writ.Protocol/", "src/Writ.Client/", "src/Writ.Rego/", "src/Writ.Tlog/"];

    public IEnumerable<Breach> Check(SourceTree tree) =>
        from file in tree.Product
        where Libraries.Any(library => SourceTree.IsUnder(file, library))
        from member in file.Nodes<MemberDeclarationSyntax>()
        where IsPublic(member) && !Inherits(member) && !HasWords(member)
        select Breach.At(file, member, $"public, and without a word: {member.ToString().Split('\n')[0].Trim()}");

    public IEnumerable<SourceTree> Breaking =>
    [
        Library("public class A;"),
        Library("/// <summary>A.</summary>\npublic class A { public void M() { } }"),
        Library("/// <summary>A.</summary>\npublic class A { public int P { get; } }"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        Library("/// <summary>A.</summary>\npublic class A { void M() { } public override int GetHashCode() => 1; }"),
        Library("class A { public void M() { } }"),
        Library("/// <inheritdoc />\npublic class A;"),
        SourceTree.Planted("src/Writ.Server/A.cs", "public class A;"),
    ];

    private static bool IsPublic(MemberDeclarationSyntax member) =>
        member is BaseTypeDeclarationSyntax or BaseMethodDeclarationSyntax or BasePropertyDeclarationSyntax
            or DelegateDeclarationSyntax
        && member.Ancestors().OfType<BaseTypeDeclarationSyntax>().Prepend(member).All(declared =>
            declared.Modifiers.Any(SyntaxKind.PublicKeyword) || declared.Parent is InterfaceDeclarationSyntax);

    private static bool Inherits(MemberDeclarationSyntax member) =>
        member.Modifiers.Any(SyntaxKind.OverrideKeyword) || member is OperatorDeclarationSyntax;

    private static bool HasWords(MemberDeclarationSyntax member) =>
        member.GetLeadingTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia));

    private static SourceTree Library(string code) => SourceTree.Planted("src/Writ.Protocol/A.cs", code);
}
