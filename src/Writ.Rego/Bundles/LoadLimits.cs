namespace Writ.Rego.Bundles;

/// <summary>How much is read from files and archives at most; each bound is finite.</summary>
public sealed record LoadLimits
{
    /// <summary>256 MiB in one file, 1 GiB in all, 100,000 files, folders 64 deep.</summary>
    public static LoadLimits Default { get; } = new();

    /// <summary>Bytes of one file, unpacked.</summary>
    public long FileBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of all files together, unpacked; a packed archive has no more either.</summary>
    public long TotalBytes { get; init; } = 1L << 30;

    /// <summary>Files, and entries of archives.</summary>
    public int Files { get; init; } = 100_000;

    /// <summary>Folders within each other.</summary>
    public int Depth { get; init; } = 64;
}
