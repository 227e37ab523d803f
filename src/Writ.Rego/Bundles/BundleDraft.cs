using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>What a new bundle is to hold: modules, documents and what its manifest says.</summary>
/// <param name="Policy">The modules, by their names, and the documents.</param>
public sealed record BundleDraft(PolicySet Policy)
{
    /// <summary>Which state of the policy it is.</summary>
    public string Revision { get; init; } = "";

    /// <summary>The paths below <c>data</c> that it owns, with slashes; empty owns all of it.</summary>
    public IReadOnlyList<string> Roots { get; init; } = [""];

    /// <summary>What else its manifest says of it.</summary>
    public RegoObject Metadata { get; init; } = RegoObject.Empty;

    /// <summary>The syntax of modules that do not say their own.</summary>
    public RegoVersion Version { get; init; } = RegoVersion.V1;

    /// <summary>Bundles that were read, as one: their roots must not overlap.</summary>
    /// <exception cref="RegoError">They overlap.</exception>
    public static BundleDraft Of(IReadOnlyList<Bundle> bundles) => Guard.Run(() =>
    {
        var documents = new DocumentTree();
        for (var i = 0; i < bundles.Count; i++)
        {
            foreach (var other in bundles.Take(i))
            {
                bundles[i].CheckRoots(other);
            }

            if (!documents.TryAdd([], bundles[i].Data))
                throw LoadBudget.Error(bundles[i].Name, "merge error: another document has a value in the same place");
        }

        var files = bundles.SelectMany(bundle => bundle.Files.Select(file => bundles.Count > 1
            ? file
            : file with { Name = file.Name[(bundle.Name.TrimEnd('/').Length + 1)..] }));
        return new BundleDraft(new PolicySet([.. files], documents.Build()))
        {
            Roots = [.. bundles.SelectMany(bundle => bundle.Manifest.Roots)],
            Revision = bundles is [var only] ? only.Manifest.Revision : "",
            Metadata = bundles is [{ Manifest.Fields: var fields }] && fields.TryGet("metadata", out var metadata)
                ? metadata as RegoObject ?? RegoObject.Empty
                : RegoObject.Empty,
        };
    });

    /// <summary>Packs it as a <c>.tar.gz</c>: the same draft gives the same bytes.</summary>
    /// <param name="output">Where it goes.</param>
    /// <param name="signing">Signs it; null leaves it unsigned.</param>
    /// <exception cref="RegoError">Two files have one name, or the key does not sign.</exception>
    public void Write(Stream output, BundleSigning? signing) => Guard.Run(() =>
    {
        var modules = Policy.Files.Select(file => (Path: Inside(file.Name), file.Text, file.Version))
            .OrderBy(file => file.Path, StringComparer.Ordinal).ToArray();
        List<BundleEntry> entries =
        [
            new(".manifest", ByteText.Encode(Manifest(modules.Select(file => (file.Path, file.Version))).ToJson())),
            new("data.json", ByteText.Encode(Policy.Data.ToJson())),
            .. modules.Select(file => new BundleEntry(file.Path, Encoding.UTF8.GetBytes(file.Text))),
        ];
        for (var i = 1; i < modules.Length; i++)
        {
            if (modules[i].Path == modules[i - 1].Path)
                throw LoadBudget.Error(modules[i].Path, "two modules have one name");
        }

        if (signing is not null)
            entries.Add(new BundleEntry(BundleSigning.FileName, Encoding.UTF8.GetBytes(signing.Sign(entries))));
        Pack(output, entries);
        return this;
    });

    private static void Pack(Stream output, List<BundleEntry> entries)
    {
        using var packed = new GZipStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var tar = new TarWriter(packed, TarEntryFormat.Gnu, leaveOpen: true);
        foreach (var entry in entries)
        {
            tar.WriteEntry(new GnuTarEntry(TarEntryType.RegularFile, entry.Path)
            {
                DataStream = new MemoryStream(entry.Bytes),
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }
    }

    /// <summary>A name within the archive: nothing of it leads out, and it tells what it is.</summary>
    private static string Inside(string name)
    {
        var path = string.Join('/', name.Split('/', '\\').Where(word => word is not ("" or "." or "..")));
        return path.EndsWith(".rego", StringComparison.Ordinal) ? path : $"{path}.rego";
    }

    private RegoObject Manifest(IEnumerable<(string Path, RegoVersion? Version)> modules)
    {
        var others = new RegoObject.Builder();
        var count = 0;
        foreach (var (path, version) in modules.Where(file => file.Version is { } own && own != Version))
        {
            others.Set($"/{path}", Number(version!.Value));
            count++;
        }

        var manifest = new RegoObject.Builder()
            .Set("revision", RegoString.Of(Revision))
            .Set("roots", RegoArray.Of(Roots.Select(RegoString.Of)))
            .Set("rego_version", Number(Version));
        if (count > 0)
            manifest.Set("file_rego_versions", others.Build());
        if (Metadata.Count > 0)
            manifest.Set("metadata", Metadata);
        return manifest.Build();
    }

    private static RegoNumber Number(RegoVersion version) => RegoNumber.Of(version == RegoVersion.V0 ? 0 : 1);
}
