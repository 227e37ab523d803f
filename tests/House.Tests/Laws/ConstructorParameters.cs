using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>The constructor of a class with behaviour has at most six parameters; records are data.</summary>
internal sealed class ConstructorParameters : ILaw
{
    private const int Most = 6;

    public IEnumerable<Breach> Check(SourceTree tree) =>
        from file in tree.CSharp
        from type in file.Nodes<TypeDeclarationSyntax>()
        where type is not RecordDeclarationSyntax && type.Members.OfType<MethodDeclarationSyntax>().Any()
        from parameters in Constructors(type)
        where parameters.Parameters.Count > Most
        select Breach.At(
            file, parameters, $"{type.Identifier} wishes for {parameters.Parameters.Count} things; at most {Most}");

    private const string Seven = "(int a, int b, int c, int d, int e, int f, int g)";

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A.cs", $"class A{Seven} {{ void M() {{ }} }}"),
        SourceTree.Planted("src/A.cs", $"class A {{ A{Seven} {{ }} void M() {{ }} }}"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A.cs", "class A(int a, int b, int c, int d, int e, int f) { void M() { } }"),
        SourceTree.Planted("src/A.cs", $"record A{Seven} {{ void M() {{ }} }}"),
        SourceTree.Planted("src/A.cs", $"class A{Seven} {{ int B => b; }}"),
    ];

    private static IEnumerable<ParameterListSyntax> Constructors(TypeDeclarationSyntax type)
    {
        var declared = type.Members.OfType<ConstructorDeclarationSyntax>().Select(declared => declared.ParameterList);
        return type.ParameterList is { } primary ? declared.Append(primary) : declared;
    }
}
