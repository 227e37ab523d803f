using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace House.Tests.Laws;

/// <summary>
/// Documents that stay true: every relative link leads somewhere, every path of the repository in code type exists,
/// and so does every <c>Type.Member</c> whose type is ours.
/// </summary>
internal sealed partial class Documents : ILaw
{
    private const RegexOptions Plain = RegexOptions.ExplicitCapture;

    private static readonly Dictionary<string, HashSet<string>> NoTypes = new(StringComparer.Ordinal);

    public IEnumerable<Breach> Check(SourceTree tree)
    {
        var documents = tree.Files.Where(file => file.Name.EndsWith(".md", StringComparison.Ordinal)).ToArray();
        var members = documents.Length == 0 ? NoTypes : Members(tree);
        return documents.SelectMany(file => Prose(file).SelectMany(line =>
            CheckLinks(tree, file, line).Concat(CheckCode(tree, members, file, line))));
    }

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("README.md", "see [this](docs/none.md)"),
        SourceTree.Planted("docs/a.md", "see [this](b.md)"),
        SourceTree.Planted("README.md", "# One\nsee [this](#two)"),
        SourceTree.Planted("README.md", "the file `src/None.cs`"),
        SourceTree.Planted("README.md", "the file `None.cs`"),
        SourceTree.Planted("README.md", "type `./none dev`"),
        SourceTree.Planted(("README.md", "it calls `Ask.Resolve`"), ("src/Ask.cs", "class Ask { void Decide() { } }")),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted(("README.md", "# One: two\n[a](docs/b.md#x) [c](#one-two)"), ("docs/b.md", "")),
        SourceTree.Planted("README.md", "[a](https://x.example) [b](mailto:b@x.example)"),
        SourceTree.Planted(("docs/a.md", "[up](../README.md) [folder](../src/)"), ("README.md", ""), ("src/A.cs", "")),
        SourceTree.Planted(("README.md", "`src/A.cs`, `A.cs`, `src/*.md`, `src/`"), ("src/A.cs", "")),
        SourceTree.Planted(("README.md", "`./writ dev` keeps its state in `./.writ/`"), ("writ", "")),
        SourceTree.Planted(("README.md", "`Ask.To`, `Guid.Any`"), ("src/Ask.cs", "class Ask { void To() { } }")),
        SourceTree.Planted("README.md", "```\n[a](b.md) `src/none.cs`\n```"),
    ];

    private static IEnumerable<(int Number, string Text)> Prose(SourceFile file)
    {
        var isFenced = false;
        foreach (var (index, text) in file.Lines.Index())
        {
            if (text.TrimStart().StartsWith("```", StringComparison.Ordinal))
            {
                isFenced = !isFenced;
            }
            else if (!isFenced)
            {
                yield return (index + 1, text);
            }
        }
    }

    private static IEnumerable<Breach> CheckLinks(SourceTree tree, SourceFile file, (int Number, string Text) line)
    {
        foreach (var target in Link().Matches(line.Text).Select(match => match.Groups["target"].Value))
        {
            var parts = target.Split('#');
            var isFound = target.Contains(':', StringComparison.Ordinal)
                || (parts[0].Length == 0
                    ? file.Lines.Select(Anchor).Contains(parts[1], StringComparer.Ordinal)
                    : tree.Has(Resolve(file.Folder, parts[0])));
            if (!isFound)
            {
                yield return new Breach(file.Path, line.Number, $"the link to {target} leads nowhere");
            }
        }
    }

    private static IEnumerable<Breach> CheckCode(
        SourceTree tree, Dictionary<string, HashSet<string>> members, SourceFile file, (int Number, string Text) line)
    {
        foreach (var code in Code().Matches(line.Text).Select(match => match.Groups["code"].Value))
        {
            var isDead =
                RootScript().Match(code) is { Success: true } script ? !tree.Has(script.Groups["name"].Value)
                : OurPath().IsMatch(code) ? !tree.Has(code.TrimEnd('/'))
                : SourceName().IsMatch(code) ? !tree.CSharp.Any(source => IsNamed(source, code))
                : Symbol().Match(code) is { Success: true } symbol
                    && members.TryGetValue(symbol.Groups["type"].Value, out var known)
                    && !known.Contains(symbol.Groups["member"].Value);
            if (isDead)
            {
                yield return new Breach(file.Path, line.Number, $"{code} is not in the tree");
            }
        }
    }

    private static bool IsNamed(SourceFile file, string name) =>
        string.Equals(file.Name, name, StringComparison.Ordinal);

    private static Dictionary<string, HashSet<string>> Members(SourceTree tree)
    {
        var members = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        foreach (var type in tree.CSharp.SelectMany(file => file.Types))
        {
            var known = members.TryGetValue(type.Identifier.Text, out var set)
                ? set
                : members[type.Identifier.Text] = new HashSet<string>(StringComparer.Ordinal);
            known.UnionWith(type.DescendantTokens().Where(token => token.Parent is MemberDeclarationSyntax
                or VariableDeclaratorSyntax or ParameterSyntax).Select(token => token.Text));
        }

        return members;
    }

    private static string Resolve(string folder, string target)
    {
        var parts = new List<string>(folder.Split('/', StringSplitOptions.RemoveEmptyEntries));
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part is ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>A heading's name in links, as the forges make it.</summary>
    private static string Anchor(string heading)
    {
        var words = heading.StartsWith('#') ? heading.TrimStart('#').Trim().ToLowerInvariant().Replace(' ', '-') : "";
        return string.Concat(words.Where(c => char.IsLetterOrDigit(c) || c is '-' or '_'));
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex("(?<!`)`(?<code>[^`]+)`(?!`)", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"^\./(?<name>[a-z][\w/-]*)( |$)", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RootScript();

    [GeneratedRegex(@"^(src|tests|docs|eng|examples|benchmarks)/[\w./-]*$", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OurPath();

    [GeneratedRegex(@"^\w+\.cs$", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SourceName();

    [GeneratedRegex(@"^(?<type>[A-Z]\w+)\.(?<member>[A-Z]\w+)(\(\))?$", Plain, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Symbol();
}
