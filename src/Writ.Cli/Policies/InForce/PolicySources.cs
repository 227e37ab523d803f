using System.CommandLine;
using System.Text.Json.Nodes;
using Writ.Cli.Policies.Bundles;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Cli.Policies.InForce;

/// <summary>
/// The files that are sent to the broker as one policy. Their names are those within what was given, so that the same
/// policy is the same wherever it lies; a folder with a <c>.manifest</c>, as <c>pull</c> writes one where the syntax of
/// its modules differs, is read as a bundle.
/// </summary>
internal sealed class PolicySources
{
    private readonly Argument<string[]> _paths =
        CheckVerb.Paths("Modules, tests and documents: files and folders, or bundles with -b.");

    private readonly Option<bool> _isBundle =
        Flags.Switch("--bundle", "-b", "The paths are bundles: archives, or folders laid out as one.");

    private readonly VerificationFlags _verification = new();

    public IEnumerable<Symbol> All => [_paths, _isBundle, .. _verification.All];

    /// <summary>The last names of the paths: where they lie here is nobody else's matter.</summary>
    public string NameOf(Call call) => string.Join(' ', call.Get(_paths)
        .Select(path => Path.GetFileName(Path.GetFullPath(path, call.Outside.Folder))));

    /// <summary>The body of a request that brings them along.</summary>
    public JsonObject Body(Call call) =>
        Body(call, call.Get(_paths), call.Get(_isBundle), _verification.Read(call));

    /// <summary>The same of other paths than those of the command line.</summary>
    public static JsonObject Body(Call call, string[] paths, bool isBundle, BundleVerification? verification)
    {
        try
        {
            var loader = new PolicyLoader(call.Outside.Folder, LoadLimits.Default) { Verification = verification };
            foreach (var path in paths)
            {
                _ = isBundle || File.Exists(Path.Combine(call.Outside.Folder, path, ".manifest"))
                    ? loader.AddBundle(path)
                    : loader.Add(path);
            }

            return Body(loader.Load(), [.. paths.Select(Plain)]);
        }
        catch (RegoError error)
        {
            throw new UnableException(string.Join('\n', error.Diagnostics));
        }
    }

    private static JsonObject Body(PolicySet policy, string[] paths) => new()
    {
        ["files"] = new JsonArray([.. policy.Files.Select(file => (JsonNode)new JsonObject
        {
            ["name"] = Within(Plain(file.Name), paths),
            ["text"] = file.Text,
            ["version"] = file.Version switch { RegoVersion.V0 => 0, RegoVersion.V1 => 1, _ => null },
        })]),
        ["data"] = JsonNode.Parse(policy.Data.ToJson()),
    };

    private static string Within(string name, string[] paths)
    {
        foreach (var path in paths)
        {
            if (path.Length > 0 && name.StartsWith(path + "/", StringComparison.Ordinal))
                return Module(name[(path.Length + 1)..]);
        }

        return Module(paths.Contains(name, StringComparer.Ordinal) ? Path.GetFileName(name) : name);
    }

    // As it must be called to be read again from a folder.
    private static string Module(string name) =>
        name.EndsWith(".rego", StringComparison.Ordinal) ? name : $"{name}.rego";

    private static string Plain(string path)
    {
        if (path.StartsWith("file://", StringComparison.Ordinal))
            path = path["file://".Length..];
        while (path.StartsWith("./", StringComparison.Ordinal))
        {
            path = path[2..].TrimStart('/');
        }

        return path is "." ? "" : path.TrimEnd('/');
    }
}
