namespace Writ.Rego.Bundles;

/// <summary>A file of a bundle: its path from the bundle's root, with <c>/</c>, and what is in it.</summary>
internal sealed record BundleEntry(string Path, byte[] Bytes)
{
    /// <summary>The last word of the path.</summary>
    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>The words before it.</summary>
    public string[] Folder => Path.Contains('/', StringComparison.Ordinal)
        ? Path[..Path.LastIndexOf('/')].Split('/')
        : [];
}
