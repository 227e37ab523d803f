using System.Text.RegularExpressions;

namespace House.Tests.Laws;

/// <summary>
/// No word that says nothing (Manager, Helper, Util, Impl; Base and Service at the end), no folder that is a
/// layer or a junk drawer, no class with its room's name, no subfolder of a room but a family of like things.
/// </summary>
internal sealed partial class Names : ILaw
{
    private static readonly string[] Empty =
        ["Manager", "Managers", "Helper", "Helpers", "Util", "Utils", "Utility", "Utilities", "Impl"];

    private static readonly string[] EmptyAtTheEnd = ["Base", "Service", "Services"];

    private static readonly string[] Layers =
    [
        "Common", "Controllers", "Dtos", "Entities", "Extensions", "Helpers", "Interfaces", "Managers", "Misc",
        "Models", "Services", "Utils",
    ];

    private static readonly string[] Families =
    [
        "Grants", "Attestors", "Backends", "Certificates", "Engines", "Rules", "Questions",
        "Records", // the log's own tables: records, what is found by, its tree and its readers
        "Sequencing", // the tree over the records: what grows it, signs it and takes it over
        "Sinks", // where the log is carried to, each in a form of its own
        "Telemetry", // what the broker tells of itself: spans, metrics, log lines, and who takes them
        "Sources", // where policies come from: each kind one file
        "Deciders", // what those who decide elsewhere are given, and what they report
    ];

    public IEnumerable<Breach> Check(SourceTree tree) =>
        [.. tree.CSharp.SelectMany(CheckTypes), .. tree.CSharp.SelectMany(CheckFolders)];

    public IEnumerable<SourceTree> Breaking =>
    [
        SourceTree.Planted("src/A/TaskManager.cs", "class TaskManager;"),
        SourceTree.Planted("src/A/UriHelpers.cs", "static class UriHelpers;"),
        SourceTree.Planted("src/A/GrantBase.cs", "abstract class GrantBase;"),
        SourceTree.Planted("src/A/TokenService.cs", "class TokenService;"),
        SourceTree.Planted("src/A/StoreImpl.cs", "class StoreImpl;"),
        SourceTree.Planted("src/A/Models/Token.cs", "class Token;"),
        SourceTree.Planted("src/Writ.Server/Decisions/Decisions.cs", "class Decisions;"),
        SourceTree.Planted("src/Writ.Server/Decisions/Stuff/Ask.cs", "class Ask;"),
    ];

    public IEnumerable<SourceTree> Keeping =>
    [
        SourceTree.Planted("src/A/ServiceAccount.cs", "class ServiceAccount;"),
        SourceTree.Planted("src/A/Base64UrlText.cs", "class Base64UrlText;"),
        SourceTree.Planted("src/Writ.Server/Tokens/Grants/RefreshToken.cs", "class RefreshToken;"),
    ];

    private static IEnumerable<Breach> CheckTypes(SourceFile file)
    {
        foreach (var type in file.Types)
        {
            var name = type.Identifier.Text;
            var words = Word().Matches(name).Select(match => match.Value).ToArray();
            var empty = words.Where(Empty.Contains).Concat(words.TakeLast(1).Where(EmptyAtTheEnd.Contains));
            if (empty.FirstOrDefault() is { } word)
            {
                yield return Breach.At(file, type, $"{word} in {name} says nothing: name what it is or does");
            }

            if (SourceTree.IsUnder(file, "src/") && file.Folder.EndsWith("/" + name, StringComparison.Ordinal))
            {
                yield return Breach.At(file, type, $"{name} bears its room's name");
            }
        }
    }

    private static IEnumerable<Breach> CheckFolders(SourceFile file)
    {
        var folders = file.Folder.Split('/');
        if (folders.FirstOrDefault(Layers.Contains) is { } layer)
        {
            yield return Breach.Of(file, $"{layer}/ is a layer or a drawer: folders are named by the domain");
        }

        if (folders is ["src", "Writ.Server", var room, var below, .. var deeper]
            && (deeper.Length > 0 || !Families.Contains(below)))
        {
            var families = string.Join(", ", Families);
            yield return Breach.Of(file, $"inside {room} files lie flat; only a family ({families}) has a folder");
        }
    }

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
