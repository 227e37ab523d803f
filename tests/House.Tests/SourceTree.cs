using Writ.Testing;

namespace House.Tests;

/// <summary>The files that the laws are held against: those of the repository, or a handful planted by a law.</summary>
internal sealed class SourceTree
{
    private static readonly HashSet<string> NotOurs = new(StringComparer.Ordinal)
    {
        ".git", ".writ", "artifacts", "bin", "node_modules", "obj", "TestResults",
    };

    private static readonly HashSet<string> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        "", ".cs", ".csproj", ".css", ".editorconfig", ".gitignore", ".html", ".js", ".json", ".md", ".mjs", ".npmrc",
        ".props", ".proto", ".py", ".rego", ".service", ".sh", ".slnf", ".slnx", ".sql", ".targets", ".txt", ".yaml",
        ".yml",
    };

    private readonly Lazy<ServerSymbols> _server;

    private SourceTree(IEnumerable<SourceFile> files)
    {
        Files = [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)];
        _server = new(() => new ServerSymbols(this));
    }

    /// <summary>The repository that this test was built from.</summary>
    public static SourceTree House { get; } = Read(Repository.Root);

    public IReadOnlyList<SourceFile> Files { get; }

    public IEnumerable<SourceFile> CSharp => Files.Where(file => file.IsCSharp);

    /// <summary>C# of the product: src/, without tests, benches and examples.</summary>
    public IEnumerable<SourceFile> Product => CSharp.Where(file => IsUnder(file, "src/"));

    /// <summary>What the names in the server's sources mean; bound once, when asked.</summary>
    public ServerSymbols Server => _server.Value;

    public static SourceTree Planted(string path, string text) => new([new SourceFile(path, text)]);

    public static SourceTree Planted(params (string Path, string Text)[] files) =>
        new(files.Select(file => new SourceFile(file.Path, file.Text)));

    public static bool IsUnder(SourceFile file, string folder) =>
        file.Path.StartsWith(folder, StringComparison.Ordinal);

    public override string ToString() => string.Join('\n', Files.Select(file => $"{file.Path}: {file.Text}"));

    public bool Has(string path) =>
        Files.Any(file => string.Equals(file.Path, path, StringComparison.Ordinal) || IsUnder(file, path + "/"));

    private static SourceTree Read(string root) =>
        new(Walk(new DirectoryInfo(root)).Select(file => new SourceFile(
            Path.GetRelativePath(root, file.FullName).Replace('\\', '/'), File.ReadAllText(file.FullName))));

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder)
    {
        foreach (var entry in folder.EnumerateFileSystemInfos())
        {
            if (NotOurs.Contains(entry.Name) || entry.LinkTarget is not null)
            {
                continue;
            }

            if (entry is DirectoryInfo below)
            {
                foreach (var file in Walk(below))
                {
                    yield return file;
                }
            }
            else if (entry is FileInfo file && Kinds.Contains(file.Extension))
            {
                yield return file;
            }
        }
    }
}
