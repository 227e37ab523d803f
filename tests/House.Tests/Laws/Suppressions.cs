using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>A reason stands beside every suppression, in code, in projects and in the editor's rules.</summary>
internal sealed class Suppressions : ILaw
{
    private const string Attribute = "[SuppressMessage(\"Design\", \"CA1000\"";

    public IEnumerable<Breach> Check(SourceTree tree) => tree.Files.SelectMany(CheckFile);

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A.cs", "#pragma warning disable CA1000\nclass A;"),
        SourceTree.Planted("src/A.cs", $"{Attribute})] class A;"),
        SourceTree.Planted("src/A.cs", $"{Attribute}, Justification = \"\")] class A;"),
        SourceTree.Planted("src/A.cs", "#nullable disable\nclass A;"),
        SourceTree.Planted("A.csproj", "<Project><NoWarn>CS1591</NoWarn></Project>"),
        SourceTree.Planted(".editorconfig", "[*.cs]\ndotnet_diagnostic.CA1000.severity = none\n"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A.cs", "#pragma warning disable CA1000 // why\nclass A;"),
        SourceTree.Planted("src/A.cs", "// Why.\n#pragma warning disable CA1000\nclass A;"),
        SourceTree.Planted("src/A.cs", "class A;\n#pragma warning restore CA1000"),
        SourceTree.Planted("src/A.cs", $"{Attribute}, Justification = \"Why.\")] class A;"),
        SourceTree.Planted("A.csproj", "<Project><!-- why --><NoWarn>CS1591</NoWarn></Project>"),
        SourceTree.Planted(".editorconfig", "# Why.\na.CA1000.severity = none\na.CA1001.severity = none\n"),
    ];

    private static IEnumerable<Breach> CheckFile(SourceFile file) => Path.GetExtension(file.Path) switch
    {
        ".cs" => CheckPragmas(file).Concat(CheckAttributes(file)),
        ".csproj" or ".props" or ".targets" => CheckProject(file),
        ".editorconfig" => CheckEditorRules(file),
        _ => [],
    };

    private static IEnumerable<Breach> CheckPragmas(SourceFile file)
    {
        foreach (var trivia in file.Unit.DescendantTrivia().Where(trivia => trivia.IsDirective))
        {
            var isSuppression = trivia.GetStructure() switch
            {
                PragmaWarningDirectiveTriviaSyntax pragma => pragma.DisableOrRestoreKeyword.Text is "disable",
                NullableDirectiveTriviaSyntax nullable => nullable.SettingToken.Text is "disable",
                _ => false,
            };
            var line = trivia.GetLocation().GetLineSpan().StartLinePosition.Line;
            var above = line == 0 ? "" : file.Lines[line - 1].TrimStart();
            if (isSuppression
                && !file.Lines[line].Contains("//", StringComparison.Ordinal)
                && !above.StartsWith("//", StringComparison.Ordinal))
            {
                yield return new Breach(file.Path, line + 1, "a suppression without its reason beside or above it");
            }
        }
    }

    private static IEnumerable<Breach> CheckAttributes(SourceFile file) =>
        from attribute in file.Nodes<AttributeSyntax>()
        where attribute.Name.ToString().EndsWith("SuppressMessage", StringComparison.Ordinal)
        let reason = (attribute.ArgumentList?.Arguments ?? []).FirstOrDefault(argument =>
            argument.NameEquals is { Name.Identifier.Text: "Justification" })
        where reason is null || reason.Expression.ToString() is "\"\""
        select Breach.At(file, attribute, "a suppression without Justification");

    private static IEnumerable<Breach> CheckProject(SourceFile file) =>
        from element in XDocument.Parse(file.Text).Descendants()
        where element.Name.LocalName is "NoWarn" or "WarningsNotAsErrors"
        where !element.NodesBeforeSelf().Any(node => node is XComment)
        select Breach.Of(file, $"{element.Name.LocalName} without a comment above it");

    /// <summary>A comment speaks for the lines that follow it without a gap.</summary>
    private static IEnumerable<Breach> CheckEditorRules(SourceFile file)
    {
        var explained = false;
        foreach (var (index, line) in file.Lines.Index())
        {
            explained = line.StartsWith('#') || (explained && line.Length > 0);
            if (!explained && line.EndsWith("severity = none", StringComparison.Ordinal))
            {
                yield return new Breach(file.Path, index + 1, "a rule turned off without a comment above it");
            }
        }
    }
}
