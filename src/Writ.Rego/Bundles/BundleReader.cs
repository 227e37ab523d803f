using System.Runtime.CompilerServices;
using Writ.Rego.Bundles.Files;
using Writ.Rego.Syntax;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Makes a bundle of an archive or a folder.</summary>
internal static class BundleReader
{
    private const string Manifest = ".manifest";

    public static Bundle Read(
        string path, string folder, IReadOnlyList<string> ignore, BundleVerification? verification, LoadBudget budget)
    {
        var full = Path.GetFullPath(path, folder);
        if (!Directory.Exists(full))
        {
            using var packed = FoundFiles.Open(path, full);
            return Of(path, TarArchive.Read(path, packed, budget), "", path, verification);
        }

        var files = Path.TrimEndingDirectorySeparator(path);
        return Of(path, Entries(path, folder, ignore, budget), files.Trim('/'), files, verification);
    }

    /// <summary>All files of a folder, by their names in it.</summary>
    public static List<BundleEntry> Entries(
        string path, string folder, IReadOnlyList<string> ignore, LoadBudget budget)
    {
        var entries = new List<BundleEntry>();
        var full = Path.GetFullPath(path, folder);
        Walk(path, full, "", 0);
        return entries;

        void Walk(string name, string place, string below, int depth)
        {
            if (depth > budget.Depth)
                throw LoadBudget.Error(name, $"folders lie more than {budget.Depth} deep in each other");
            foreach (var entry in FoundFiles.Entries(name, place))
            {
                if (ignore.Any(pattern => FilePattern.Matches(pattern, entry)))
                    continue;
                var (shown, found) = (FoundFiles.Join(name, entry), Path.Join(place, entry));
                var inside = below.Length == 0 ? entry : $"{below}/{entry}";
                budget.CountFile(shown);
                FoundFiles.CheckFound(shown, found, full);
                if (Directory.Exists(found))
                    Walk(shown, found, inside, depth + 1);
                else
                    entries.Add(new BundleEntry(inside, FoundFiles.Read(shown, found, budget)));
            }
        }
    }

    public static Bundle Read(string name, Stream archive, BundleVerification? verification, LoadBudget budget) =>
        Of(name, TarArchive.Read(name, archive, budget), "", name, verification);

    private static Bundle Of(
        string name, List<BundleEntry> entries, string signedBelow, string files, BundleVerification? verification)
    {
        verification?.Check(name, entries, signedBelow);
        foreach (var entry in entries)
        {
            Refuse(name, entry);
        }

        var manifest = entries.Find(entry => entry.Path == Manifest) is { } told
            ? BundleManifest.Parse($"{name}/{Manifest}", DocumentText.Json($"{name}/{Manifest}", told.Bytes))
            : BundleManifest.Empty;
        var modules = new List<PolicyFile>();
        var documents = new DocumentTree();
        foreach (var entry in entries)
        {
            var place = $"{files}/{entry.Path}";
            if (entry.Name.EndsWith(".rego", StringComparison.Ordinal))
                modules.Add(Module(place, entry, manifest));
            else if (Document(place, entry) is { } document)
                Put(place, entry, document, documents);
        }

        var data = documents.Build();
        CheckData(name, manifest, data, []);
        return new Bundle(name, manifest, modules, data);
    }

    private static void Refuse(string name, BundleEntry entry)
    {
        var why = entry.Name switch
        {
            "patch.json" => "a delta bundle (patch.json) changes another: give the whole bundle",
            "policy.wasm" => "the bundle holds WebAssembly (policy.wasm): build it for Rego",
            "plan.json" => "the bundle holds a plan (plan.json): build it for Rego",
            _ => null,
        };
        if (why is not null)
            throw LoadBudget.Error($"{name}/{entry.Path}", why);
    }

    private static PolicyFile Module(string place, BundleEntry entry, BundleManifest manifest)
    {
        var file = new PolicyFile(place, DocumentText.Text(place, entry.Bytes), manifest.VersionOf(entry.Path));
        if (manifest.Roots is [""])
            return file;
        var package = ModuleParser.ParsePackage(new SourceText(place, file.Text));
        return manifest.Owns(package)
            ? file
            : throw LoadBudget.Error(
                place,
                $"manifest roots [{string.Join(' ', manifest.Roots)}] do not permit "
                + $"package {string.Join('.', package)}");
    }

    private static RegoValue? Document(string place, BundleEntry entry) => entry.Name switch
    {
        "data.json" => DocumentText.Json(place, entry.Bytes),
        "data.yaml" or "data.yml" => DocumentText.Yaml(place, entry.Bytes),
        _ => null,
    };

    private static void Put(string place, BundleEntry entry, RegoValue document, DocumentTree documents)
    {
        if (entry.Folder.Length == 0 && document is not RegoObject)
            throw LoadBudget.Error(place, "root value must be object");
        if (!documents.TryAdd(entry.Folder, document))
            throw LoadBudget.Error(place, "merge error: another document has a value in the same place");
    }

    private static void CheckData(string name, BundleManifest manifest, RegoValue node, string[] path)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (manifest.Owns(path))
            return;
        var place = string.Join('/', path);
        if (node is RegoObject map && (path.Length == 0 || manifest.Roots.Any(
            root => BundleManifest.Contains(place, root))))
        {
            foreach (var (key, value) in map)
            {
                CheckData(name, manifest, value, [.. path, ((RegoString)key).Value]);
            }

            return;
        }

        throw LoadBudget.Error(
            name, $"manifest roots [{string.Join(' ', manifest.Roots)}] do not permit data at path '/{place}'");
    }
}
