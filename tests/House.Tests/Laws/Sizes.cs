using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>Nine files of ten ≤ 350 lines, none over 600; function ≤ 70; folder ≤ 20; line ≤ 120.</summary>
internal sealed class Sizes : ILaw
{
    private const int FileLines = 600;
    private const int UsualFileLines = 350;
    private const int FunctionLines = 70;
    private const int FolderFiles = 20;
    private const int LineLength = 120;

    /// <summary>A word so long (a key, a token of a test vector) makes its line what it must be.</summary>
    private const int Unbreakable = 80;

    /// <summary>
    /// The dependency graph as one list, a line for each part: cut up it would only be harder to read.
    /// </summary>
    private const string CompositionRoot = "src/Writ.Server/Wiring.cs";

    /// <summary>Files that are lists and nothing else, and so stay short.</summary>
    private static readonly Dictionary<string, int> Lists = new(StringComparer.Ordinal)
    {
        ["src/Writ.Server/Program.cs"] = 60,
        ["src/Writ.Server/Tokens/TokenEndpoint.cs"] = 99,
    };

    public IEnumerable<Breach> Check(SourceTree tree) =>
        [.. tree.CSharp.SelectMany(CheckFile), .. CheckFolders(tree), .. CheckUsualLength(tree)];

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A/B.cs", Filled(601)),
        SourceTree.Planted([.. Enumerable.Range(0, 9).Select(i => ($"src/A/B{i}.cs", Filled(i < 2 ? 351 : 100)))]),
        SourceTree.Planted("src/A/B.cs", $"class B {{ void M() {{{Filled(70)}}} }}"),
        SourceTree.Planted("src/A/B.cs", $"class B {{ int P {{ get {{{Filled(70)} return 1; }} }} }}"),
        SourceTree.Planted("src/A/B.cs", $"class B {{ int P => 1 + {Filled(70)} 1; }}"),
        SourceTree.Planted("src/A/Program.cs", string.Concat(Enumerable.Repeat("System.Console.WriteLine();\n", 71))),
        SourceTree.Planted([.. Enumerable.Range(0, 21).Select(i => ($"src/A/B{i}.cs", ""))]),
        SourceTree.Planted("src/A/B.cs", string.Concat(Enumerable.Repeat("int i; ", 18))),
        SourceTree.Planted("src/Writ.Server/Program.cs", Filled(61)),
        SourceTree.Planted("src/Writ.Server/Tokens/TokenEndpoint.cs", Filled(100)),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted([.. Enumerable.Range(0, 20).Select(i => ($"src/A/B{i}.cs", Filled(i < 2 ? 600 : 350)))]),
        SourceTree.Planted("src/A/B.cs", $"class B\n{{\n    void M()\n    {{{Filled(67)}\n    }}\n}}"),
        SourceTree.Planted("src/A/B.cs", $"// {new string('B', 117)}\n// the key {new string('B', 200)}"),
        SourceTree.Planted(CompositionRoot, $"class Wiring {{ Wiring() {{{Filled(100)}}} }}"),
        SourceTree.Planted(
            "src/A/B.cs", $"class B {{ int[] P => [ {Filled(70)} 1]; int[] M() => [ {Filled(70)} 1]; }}"),
        SourceTree.Planted("src/Writ.Server/Tokens/TokenEndpoint.cs", Filled(99)),
    ];

    private static IEnumerable<Breach> CheckFile(SourceFile file)
    {
        var lines = file.Lines;
        var most = Lists.GetValueOrDefault(file.Path, FileLines);
        if (lines.Length > most)
        {
            yield return Breach.Of(file, $"{lines.Length} lines; at most {most}: split by idea, not by length");
        }

        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length > LineLength && !lines[i].Split(' ').Any(word => word.Length > Unbreakable))
            {
                yield return new Breach(file.Path, i + 1, $"{lines[i].Length} characters; at most {LineLength}");
            }
        }

        foreach (var function in file.Unit.DescendantNodes().Where(IsFunction))
        {
            if (Length(function) is var length and > FunctionLines && file.Path is not CompositionRoot)
            {
                yield return Breach.At(file, function, $"a function of {length} lines; at most {FunctionLines}");
            }
        }

        var statements = file.Unit.Members.OfType<GlobalStatementSyntax>().ToArray();
        if (statements.Sum(Length) is var sum and > FunctionLines)
        {
            yield return Breach.Of(file, $"{sum} lines of statements; at most {FunctionLines}");
        }
    }

    private static IEnumerable<Breach> CheckFolders(SourceTree tree) =>
        from folder in tree.CSharp.GroupBy(file => file.Folder, StringComparer.Ordinal)
        where folder.Count() > FolderFiles
        select new Breach(folder.Key, 1, $"{folder.Count()} files; at most {FolderFiles}");

    private static IEnumerable<Breach> CheckUsualLength(SourceTree tree)
    {
        var files = tree.CSharp.ToArray();
        var longer = files.Where(file => file.Lines.Length > UsualFileLines).ToArray();
        return longer.Length > 1 && longer.Length * 10 > files.Length
            ? longer.Select(file => Breach.Of(file, $"over {UsualFileLines} lines, as is more than a tenth of all"))
            : [];
    }

    /// <summary>What is a table (one collection) is as long as it must be.</summary>
    private static bool IsFunction(SyntaxNode node) => node
        is BaseMethodDeclarationSyntax { ExpressionBody: null or { Expression: not CollectionExpressionSyntax } }
        or PropertyDeclarationSyntax { ExpressionBody.Expression: not CollectionExpressionSyntax }
        or AccessorDeclarationSyntax or LocalFunctionStatementSyntax;

    /// <summary>From the first line after its attributes to its last.</summary>
    private static int Length(SyntaxNode function)
    {
        var attributes = function.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault();
        var start = attributes is null ? function.GetFirstToken() : attributes.GetLastToken().GetNextToken();
        var lines = function.SyntaxTree.GetText().Lines;
        var (first, last) = (lines.GetLineFromPosition(start.SpanStart), lines.GetLineFromPosition(function.Span.End));
        return last.LineNumber - first.LineNumber + 1;
    }

    private static string Filled(int lines) => string.Concat(Enumerable.Repeat("//\n", lines));
}
