using Writ.Rego.Bundles.Files;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>
/// Reads modules and documents from files and folders. A document of a file lies at the root of <c>data</c>; in a
/// folder, below the names of the folders between it and that folder, whatever its own name is. A path may begin with
/// the place where its documents go: <c>a.b:path/to/file.json</c>.
/// </summary>
public sealed class PolicyLoader
{
    private readonly List<PolicyFile> _files = [];
    private readonly DocumentTree _documents = new();
    private readonly List<Bundle> _bundles = [];
    private readonly LoadBudget _budget;
    private readonly string _folder;

    /// <summary>A loader that has read nothing yet.</summary>
    /// <param name="folder">Where relative paths begin.</param>
    /// <param name="limits">How much it reads.</param>
    public PolicyLoader(string folder, LoadLimits limits) =>
        (_folder, _budget) = (folder, new LoadBudget(limits));

    /// <summary>Names of files and folders below what is loaded that are left out, with <c>*</c>, <c>?</c>, <c>[]</c>.
    /// </summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>Whether documents are left out.</summary>
    public bool IsRegoOnly { get; init; }

    /// <summary>What signatures of bundles are held against; null when bundles are taken unverified.</summary>
    public BundleVerification? Verification { get; init; }

    /// <summary>Reads a file, a folder, or an archive.</summary>
    /// <exception cref="RegoError">It is not there, too large, no document, or in the way of another.</exception>
    public PolicyLoader Add(string path) => Guard.Run(() =>
    {
        var (prefix, place) = SplitPrefix(path);
        Walk(place, prefix, 0, Path.GetFullPath(WithoutScheme(place), _folder));
        return this;
    });

    /// <summary>Takes what was read elsewhere, such as from standard input: a module, JSON or YAML.</summary>
    /// <exception cref="RegoError">It is none of them, or in the way of another.</exception>
    public PolicyLoader Add(string name, Stream content) => Guard.Run(() =>
    {
        _budget.CountFile(name);
        AddUnknown(name, _budget.ReadAll(name, content), []);
        return this;
    });

    /// <summary>Reads a bundle: an archive, or a folder that is laid out as one.</summary>
    /// <exception cref="RegoError">It is not as it must be.</exception>
    public PolicyLoader AddBundle(string path) => Guard.Run(() =>
    {
        var bundle = BundleReader.Read(WithoutScheme(path), _folder, Ignore, Verification, _budget);
        foreach (var other in _bundles)
        {
            bundle.CheckRoots(other);
        }

        _bundles.Add(bundle);
        _files.AddRange(bundle.Files);
        if (!IsRegoOnly)
            Put(bundle.Name, [], bundle.Data);
        return this;
    });

    /// <summary>Reads one bundle, an archive or a folder, of which some files are left out.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="folder">Where a relative path begins.</param>
    /// <param name="limits">How much is read.</param>
    /// <param name="ignore">Names of files and folders in it that are left out.</param>
    /// <param name="verification">What its signature is held against; null takes it unverified.</param>
    /// <exception cref="RegoError">It is not as it must be.</exception>
    public static Bundle ReadBundle(
        string path, string folder, LoadLimits limits, IReadOnlyList<string> ignore,
        BundleVerification? verification) => Guard.Run(() =>
        BundleReader.Read(WithoutScheme(path), folder, ignore, verification, new LoadBudget(limits)));

    /// <summary>All that was read.</summary>
    public PolicySet Load() => new(_files, _documents.Build());

    /// <summary><c>a.b:path</c>; what has a scheme such as <c>file://</c> has no prefix.</summary>
    private static (string[] Prefix, string Path) SplitPrefix(string path)
    {
        var colon = path.IndexOf(':', StringComparison.Ordinal);
        return colon <= 0 || path.AsSpan(colon).StartsWith("://")
            ? ([], path)
            : (path[..colon].Split('.'), path[(colon + 1)..]);
    }

    private static string WithoutScheme(string path) =>
        path.StartsWith("file://", StringComparison.Ordinal) ? path["file://".Length..] : path;

    private void Walk(string path, string[] prefix, int depth, string root)
    {
        var name = WithoutScheme(path);
        var full = Path.GetFullPath(name, _folder);
        var isFolder = Directory.Exists(full);
        var own = Path.GetFileName(Path.TrimEndingDirectorySeparator(full));
        if (depth > 0 && (Ignore.Any(pattern => FilePattern.Matches(pattern, own))
            || (IsRegoOnly && !isFolder && !own.EndsWith(".rego", StringComparison.Ordinal))))
        {
            return;
        }

        if (!isFolder)
        {
            if (depth == 0 || IsReadable(name))
                AddFile(name, full, prefix, depth == 0 ? null : root);
            return;
        }

        _budget.CountFile(name);
        if (depth > 0)
            FoundFiles.CheckFound(name, full, root);

        if (depth > _budget.Depth)
            throw LoadBudget.Error(name, $"folders lie more than {_budget.Depth} deep in each other");
        var below = depth > 0 ? [.. prefix, own] : prefix;
        foreach (var entry in FoundFiles.Entries(name, full))
        {
            Walk(FoundFiles.Join(name, entry), below, depth + 1, root);
        }
    }

    /// <summary>What else lies in a folder is no policy's.</summary>
    private static bool IsReadable(string name) =>
        name.EndsWith(".tar.gz", StringComparison.Ordinal)
        || Path.GetExtension(name) is ".rego" or ".json" or ".yaml" or ".yml";

    /// <summary>A file that was named may be anything; what was found in a folder must be a file in it.</summary>
    private void AddFile(string name, string full, string[] place, string? root)
    {
        var kind = Path.GetExtension(name);
        var isArchive = name.EndsWith(".tar.gz", StringComparison.Ordinal);
        _budget.CountFile(name);
        if (root is not null)
            FoundFiles.CheckFound(name, full, root);
        if (isArchive && Verification is not null)
            throw LoadBudget.Error(name, "signatures are asked for, and only bundles have them: give it as one");
        if (isArchive)
        {
            var bundle = BundleReader.Read(name, _folder, [], null, _budget);
            _files.AddRange(bundle.Files);
            Put(name, place, bundle.Data);
            return;
        }

        var bytes = FoundFiles.Read(name, full, _budget);
        switch (kind)
        {
            case ".rego":
                _files.Add(new PolicyFile(name, DocumentText.Text(name, bytes)));
                break;
            case ".json":
                Put(name, place, DocumentText.Json(name, bytes));
                break;
            case ".yaml" or ".yml":
                Put(name, place, DocumentText.Yaml(name, bytes));
                break;
            default:
                AddUnknown(name, bytes, place);
                break;
        }
    }

    /// <summary>What does not say what it is.</summary>
    private void AddUnknown(string name, byte[] bytes, string[] place)
    {
        var text = DocumentText.Text(name, bytes);
        if (text.AsSpan().TrimStart().StartsWith("package ") || text.Contains("\npackage ", StringComparison.Ordinal))
            _files.Add(new PolicyFile(name, text));
        else if (text.AsSpan().TrimStart() is ['{' or '[' or '"', ..])
            Put(name, place, DocumentText.Json(name, bytes));
        else
            Put(name, place, DocumentText.Yaml(name, bytes));
    }

    private void Put(string name, string[] place, RegoValue document)
    {
        if (place.Length == 0 && document is not RegoObject)
            throw LoadBudget.Error(name, "the document must be an object: data is one");
        if (!_documents.TryAdd(place, document))
            throw LoadBudget.Error(name, "merge error: another document has a value in the same place");
    }
}
