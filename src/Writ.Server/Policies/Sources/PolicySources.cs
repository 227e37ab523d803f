using Writ.Rego.Bundles;
using Writ.Server.Edge;

namespace Writ.Server.Policies.Sources;

/// <summary>The kinds of sources, by the word of the settings.</summary>
public static class PolicySources
{
    /// <summary>The one that the settings name; null: the policy is pushed.</summary>
    public static IPolicySource? Of(Settings settings) => settings.PolicySource switch
    {
        null => null,
        { Kind: "folder" } folder => new FolderSource(folder.Place),
        { Kind: "git" } git => new GitSource(git.Place, git.Reference, settings.DataDirectory),
        { Kind: "bundle" } bundle => new BundleSource(
            bundle.Place, Verification(bundle), BundleSource.Client(), bundle.IsNumbered),
        var other => throw new FormatException($"policy.source “{other.Kind}” is none that we know."),
    };

    private static BundleVerification Verification(PolicySourceSettings bundle) => new()
    {
        Keys = new Dictionary<string, BundleKey>(StringComparer.Ordinal)
        {
            [bundle.KeyId] = new(bundle.Algorithm, File.ReadAllText(bundle.KeyFile).Trim(), bundle.Scope),
        },
        Scope = bundle.Scope,
    };
}
