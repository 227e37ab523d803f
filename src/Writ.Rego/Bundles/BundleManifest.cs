using Writ.Rego.Builtins.Patterns;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>What a bundle says of itself in <c>.manifest</c>.</summary>
public sealed class BundleManifest
{
    private readonly (string Pattern, GlobPattern Glob, RegoVersion Version)[] _versions;

    private BundleManifest(RegoObject fields, (string Pattern, GlobPattern Glob, RegoVersion Version)[] versions) =>
        (Fields, _versions) = (fields, versions);

    /// <summary>All of it, as it was written.</summary>
    public RegoObject Fields { get; }

    /// <summary>Which state of the policy it is; empty when it was not said.</summary>
    public string Revision { get; private init; } = "";

    /// <summary>The paths below <c>data</c> that it owns, with slashes; all of <c>data</c> when not said.</summary>
    public IReadOnlyList<string> Roots { get; private init; } = [""];

    /// <summary>The syntax of its modules; null when it was not said.</summary>
    public RegoVersion? Version { get; private init; }

    internal static BundleManifest Empty { get; } = new(RegoObject.Empty, []);

    internal static BundleManifest Parse(string name, RegoValue document)
    {
        if (document is not RegoObject fields)
            throw LoadBudget.Error(name, "the manifest must be an object");
        if (fields.TryGet("wasm", out var wasm) && wasm is not (RegoNull or RegoArray { Count: 0 }))
            throw LoadBudget.Error(name, "the bundle wants WebAssembly (wasm in its manifest): build it for Rego");
        _ = Get<RegoObject>(name, fields, "metadata", "an object");
        var roots = Get<RegoArray>(name, fields, "roots", "an array of strings")?.Span.ToArray()
            .Select(root => (root as RegoString)?.Value.Trim('/')
                ?? throw LoadBudget.Error(name, "roots must be an array of strings")).ToArray();
        if (roots is not null)
            CheckOverlaps(name, roots);
        var versions = Get<RegoObject>(name, fields, "file_rego_versions", "an object") ?? RegoObject.Empty;
        return new BundleManifest(fields, [.. versions.Select(one => VersionOf(name, one))
            .OrderByDescending(one => one.Pattern.Length).ThenBy(one => one.Pattern, StringComparer.Ordinal)])
        {
            Revision = Get<RegoString>(name, fields, "revision", "a string")?.Value ?? "",
            Roots = roots ?? [""],
            Version = Get<RegoNumber>(name, fields, "rego_version", "0 or 1") is { } version
                ? ToVersion(name, version)
                : null,
        };
    }

    /// <summary>The syntax of one of its files: of all patterns that fit, the longest counts.</summary>
    internal RegoVersion? VersionOf(string path)
    {
        foreach (var (_, glob, version) in _versions)
        {
            if (glob.IsMatch("/" + path) || glob.IsMatch(path))
                return version;
        }

        return Version;
    }

    internal bool Owns(IEnumerable<string> path)
    {
        var place = string.Join('/', path);
        return Roots.Any(root => Contains(root, place));
    }

    internal static bool Overlap(string one, string other) => Contains(one, other) || Contains(other, one);

    internal static bool Contains(string root, string path) =>
        root.Length == 0 || path == root || path.StartsWith(root + "/", StringComparison.Ordinal);

    private static T? Get<T>(string name, RegoObject fields, string field, string what)
        where T : RegoValue =>
        !fields.TryGet(field, out var value) || value is RegoNull
            ? null
            : value as T ?? throw LoadBudget.Error(name, $"{field} must be {what}");

    private static (string Pattern, GlobPattern Glob, RegoVersion Version) VersionOf(
        string name, KeyValuePair<RegoValue, RegoValue> member)
    {
        var pattern = ((RegoString)member.Key).Value;
        return (pattern, GlobPattern.Parse(pattern, ""), ToVersion(name, member.Value));
    }

    private static RegoVersion ToVersion(string name, RegoValue value) =>
        value is RegoNumber number && number.TryGetInt64(out var version) && version is 0 or 1
            ? version == 0 ? RegoVersion.V0 : RegoVersion.V1
            : throw LoadBudget.Error(name, $"unknown bundle rego-version {value}: 0 or 1");

    private static void CheckOverlaps(string name, string[] roots)
    {
        // In order a root comes right before those within it, but for names that sort before the slash.
        var sorted = roots.Order(StringComparer.Ordinal).Select(root => root + "/").Order(StringComparer.Ordinal)
            .ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].StartsWith(sorted[i - 1], StringComparison.Ordinal) || sorted[i - 1] == "/")
            {
                throw LoadBudget.Error(
                    name, $"manifest has overlapped roots: '{sorted[i - 1][..^1]}' and '{sorted[i][..^1]}'");
            }
        }
    }
}
