using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests;

/// <summary>
/// The sources of Writ.Server (with Writ.Protocol's, which they speak of), bound by the compiler, so that a law sees
/// what a name means: a <c>new(…)</c> without a name, a type reached through its parent namespace. Other packages are
/// left out; what cannot be bound is none of ours.
/// </summary>
internal sealed class ServerSymbols
{
    private const string ImplicitUsings = """
        global using System; global using System.IO; global using System.Linq; global using System.Net.Http;
        global using System.Collections.Generic; global using System.Threading; global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration; global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting; global using Microsoft.Extensions.Logging;
        """;

    private static readonly Lazy<MetadataReference[]> Framework = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => path.Contains("/shared/Microsoft.", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path))]);

    private readonly Lazy<IReadOnlyList<Mention>> _mentions;

    public ServerSymbols(SourceTree tree)
    {
        var files = tree.Product.Where(file =>
            SourceTree.IsUnder(file, "src/Writ.Server/") || SourceTree.IsUnder(file, "src/Writ.Protocol/")).ToArray();
        var compilation = CSharpCompilation.Create(
            "writ-server",
            [.. files.Select(file => file.Syntax), CSharpSyntaxTree.ParseText(ImplicitUsings)],
            Framework.Value);
        var server = files.Where(file => SourceTree.IsUnder(file, "src/Writ.Server/"));
        _mentions = new(() => [.. server.AsParallel().SelectMany(file => Read(compilation, file))]);
    }

    /// <summary>Every place in the server where one of our own symbols is spoken of.</summary>
    public IReadOnlyList<Mention> Mentions => _mentions.Value;

    private static IEnumerable<Mention> Read(CSharpCompilation compilation, SourceFile file)
    {
        var model = compilation.GetSemanticModel(file.Syntax);
        foreach (var node in file.Unit.DescendantNodes())
        {
            if (node is not (SimpleNameSyntax or BaseObjectCreationExpressionSyntax or WithExpressionSyntax))
            {
                continue;
            }

            var info = model.GetSymbolInfo(node);
            var symbol = node is WithExpressionSyntax with
                ? model.GetTypeInfo(with).Type
                : info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
            var home = symbol is null ? null : Namespace(symbol);
            if (symbol is not null && home is not null && home.StartsWith("Writ.", StringComparison.Ordinal))
            {
                yield return new Mention(file, node, symbol, home);
            }
        }
    }

    private static string? Namespace(ISymbol symbol) => symbol switch
    {
        // A namespace is named on the way to a type, which counts by itself; a using of a room counts.
        INamespaceSymbol itself when itself.ContainingNamespace?.Name is "Server" => itself.ToDisplayString(),
        INamespaceSymbol or ITypeParameterSymbol or ILocalSymbol or IParameterSymbol or IRangeVariableSymbol
            or ILabelSymbol => null,
        _ => symbol.ContainingNamespace?.ToDisplayString(),
    };
}
