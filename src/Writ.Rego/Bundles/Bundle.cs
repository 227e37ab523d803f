using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>A bundle as it was read: modules and documents below the roots that its manifest names.</summary>
/// <param name="Name">The archive or folder.</param>
/// <param name="Manifest">What it says of itself.</param>
/// <param name="Files">Its modules.</param>
/// <param name="Data">Its documents.</param>
public sealed record Bundle(string Name, BundleManifest Manifest, IReadOnlyList<PolicyFile> Files, RegoObject Data)
{
    /// <summary>Reads a bundle: an archive (<c>.tar.gz</c>), or a folder that is laid out as one.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="verification">What its signature is held against; null takes it unverified.</param>
    /// <param name="limits">How much is read; the usual when null.</param>
    /// <exception cref="RegoError">It is not as it must be.</exception>
    public static Bundle Read(string path, BundleVerification? verification = null, LoadLimits? limits = null) =>
        Guard.Run(() => BundleReader.Read(
            path, Environment.CurrentDirectory, [], verification, new LoadBudget(limits ?? LoadLimits.Default)));

    /// <summary>Reads an archive that is not a file.</summary>
    /// <param name="name">The name that errors give it.</param>
    /// <param name="archive">The packed archive.</param>
    /// <param name="verification">What its signature is held against; null takes it unverified.</param>
    /// <param name="limits">How much is read; the usual when null.</param>
    /// <exception cref="RegoError">It is not as it must be.</exception>
    public static Bundle Read(
        string name, Stream archive, BundleVerification? verification = null, LoadLimits? limits = null) =>
        Guard.Run(() => BundleReader.Read(
            name, archive, verification, new LoadBudget(limits ?? LoadLimits.Default)));

    /// <summary>Two bundles live together only when neither has a root within one of the other's.</summary>
    internal void CheckRoots(Bundle other)
    {
        foreach (var root in Manifest.Roots)
        {
            if (other.Manifest.Roots.FirstOrDefault(theirs => BundleManifest.Overlap(root, theirs)) is { } theirs)
            {
                throw LoadBudget.Error(
                    Name,
                    $"detected overlapping roots in bundle manifest with: {other.Name} (“{root}” and “{theirs}”)");
            }
        }
    }
}
