using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>
/// ARCHITECTURE.md: permission is a value that only its own room makes. A Grant, a Receipt and a Caller are sealed
/// classes (a record's <c>with</c> would forge one) with internal constructors; a row of the revocation table too is
/// made in its own room only, and Storage alone writes SQL for that table.
/// </summary>
internal sealed class Makers : ILaw
{
    private static readonly (string Type, string Room)[] Sealed =
        [("Grant", "Decisions"), ("Receipt", "Audit"), ("Caller", "Callers")];

    private static readonly (string Type, string Room)[] Made = [.. Sealed, ("RevocationRow", "Revocations")];

    private static readonly string[] WritesRevocations =
        ["INSERT INTO revocation ", "UPDATE revocation ", "DELETE FROM revocation "];

    public IEnumerable<Breach> Check(SourceTree tree) =>
        [.. Sealed.SelectMany(made => CheckShape(tree, made.Type)), .. CheckMaking(tree), .. CheckStatements(tree)];

    private const string Receipt = "sealed class Receipt { internal Receipt() { } }";

    public IEnumerable<SourceTree> Breaking =>
    [
        Room("Decisions/Grant.cs", "internal sealed record Grant(string Id);"),
        Room("Decisions/Grant.cs", "internal class Grant { internal Grant() { } }"),
        Room("Callers/Caller.cs", "public sealed class Caller;"),
        Room("Callers/Caller.cs", "public sealed class Caller(string name) { string Name => name; }"),
        Room("Audit/Receipt.cs", "public sealed class Receipt { public Receipt() { } }"),
        Rooms(("Audit/Receipt.cs", Receipt), ("Signing/A.cs", "class A { object B = new Audit.Receipt(); }")),
        Rooms(("Audit/Receipt.cs", Receipt), ("Signing/A.cs", "class A { Audit.Receipt B = new(); }")),
        Rooms(
            ("Storage/R.cs", "record RevocationRow;"),
            ("Tasks/A.cs", "class A { Storage.RevocationRow B = new(); }")),
        Rooms(
            ("Storage/R.cs", "record RevocationRow;"),
            ("Tasks/A.cs", "class A { object B(Storage.RevocationRow c) => c with { }; }")),
        Room("Tasks/A.cs", "class A { string B = \"INSERT INTO revocation (a) VALUES (1)\"; }"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        Rooms(("Audit/Receipt.cs", Receipt), ("Audit/A.cs", "class A { Receipt B = new(); }")),
        Rooms(
            ("Storage/R.cs", "record RevocationRow;"),
            ("Revocations/A.cs", "class A { Storage.RevocationRow B = new(); }")),
        Room("Storage/A.cs", "class A { string B = \"DELETE FROM revocation WHERE a = 1\"; }"),
        Room("Tasks/A.cs", "class A { string B = \"SELECT * FROM revocation \"; sealed class Grant2; }"),
    ];

    private static IEnumerable<Breach> CheckShape(SourceTree tree, string name)
    {
        var types =
            from file in tree.Product
            where SourceTree.IsUnder(file, "src/Writ.Server/")
            from type in file.Nodes<TypeDeclarationSyntax>()
            where type.Parent is BaseNamespaceDeclarationSyntax
            where string.Equals(type.Identifier.Text, name, StringComparison.Ordinal)
            select (file, type);
        foreach (var (file, type) in types)
        {
            if (type is not ClassDeclarationSyntax || !type.Modifiers.Any(SyntaxKind.SealedKeyword))
            {
                yield return Breach.At(file, type, $"{name} is a sealed class: anything else can be forged");
            }

            var constructors = type.Members.OfType<ConstructorDeclarationSyntax>().ToArray();
            var isHidden = constructors.Length > 0 && constructors.All(constructor =>
                constructor.Modifiers.Any(modifier => modifier.Text is "internal" or "private" or "static"));
            if (type.ParameterList is not null || !isHidden)
            {
                yield return Breach.At(file, type, $"the constructors of {name} are written out, and internal");
            }
        }
    }

    private static IEnumerable<Breach> CheckMaking(SourceTree tree) =>
        from mention in tree.Server.Mentions
        where mention.Node is BaseObjectCreationExpressionSyntax or WithExpressionSyntax
        let type = mention.Symbol as ITypeSymbol ?? mention.Symbol.ContainingType
        from made in Made
        where string.Equals(type.Name, made.Type, StringComparison.Ordinal) && type.ContainingType is null
        where mention.Namespace.StartsWith("Writ.Server", StringComparison.Ordinal)
        where !IsIn(mention.File, made.Room) && !(IsIn(mention.File, "Storage") && made.Type is "RevocationRow")
        select Breach.At(mention.File, mention.Node, $"only {made.Room} makes a {made.Type}");

    private static IEnumerable<Breach> CheckStatements(SourceTree tree) =>
        from file in tree.Product
        where !IsIn(file, "Storage")
        from token in file.Unit.DescendantTokens()
        where WritesRevocations.Any(sql => token.ValueText.Contains(sql, StringComparison.OrdinalIgnoreCase))
        select Breach.At(file, token, "only Storage writes the revocation table, for Revocations");

    private static bool IsIn(SourceFile file, string room) => SourceTree.IsUnder(file, $"src/Writ.Server/{room}/");

    private static SourceTree Room(string path, string code) => Rooms((path, code));

    private static SourceTree Rooms(params (string Path, string Code)[] files) =>
        SourceTree.Planted([.. files.Select(file =>
            ($"src/Writ.Server/{file.Path}", $"namespace Writ.Server.{file.Path.Split('/')[0]}; {file.Code}"))]);
}
