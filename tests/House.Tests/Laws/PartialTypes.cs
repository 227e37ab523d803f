using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>No partial class as a module; only one that a source generator completes, and in one file.</summary>
internal sealed class PartialTypes : ILaw
{
    private static readonly HashSet<string> Generators = new(
        ["GeneratedRegex", "LibraryImport", "LoggerMessage", "JsonSerializable", "JsonSourceGenerationOptions"],
        StringComparer.Ordinal);

    public IEnumerable<Breach> Check(SourceTree tree)
    {
        var parts =
            from file in tree.CSharp
            from type in file.Nodes<TypeDeclarationSyntax>()
            where type.Modifiers.Any(SyntaxKind.PartialKeyword)
            group (file, type) by (file.Folder, type.Identifier.Text);
        foreach (var part in parts)
        {
            var (file, type) = part.First();
            if (part.Count() > 1)
            {
                yield return Breach.At(file, type, $"{type.Identifier} has {part.Count()} parts: split it by idea");
            }
            else if (!IsGenerated(type))
            {
                yield return Breach.At(file, type, $"{type.Identifier} is partial, and no generator completes it");
            }
        }
    }

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A.cs", "partial class A;"),
        SourceTree.Planted(
            ("src/A.cs", "partial class A { [GeneratedRegex(\"a\")] partial Regex R(); }"),
            ("src/A.More.cs", "partial class A;")),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A.cs", "partial class A { [GeneratedRegex(\"a\")] private static partial Regex R(); }"),
        SourceTree.Planted("src/A.cs", "[JsonSerializable(typeof(int))] partial class A : JsonSerializerContext;"),
        SourceTree.Planted("src/A.cs", "partial class A { [LibraryImport(\"c\")] static partial int C(); }"),
    ];

    private static bool IsGenerated(TypeDeclarationSyntax type) =>
        type.DescendantNodes().OfType<AttributeSyntax>().Any(attribute => Generators.Contains(
            attribute.Name.ToString().Split('.')[^1]));
}
