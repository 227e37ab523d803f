using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Server.Policies.Sources;

/// <summary>A folder of modules, tests and documents. It is looked at again and again: names and content of its files
/// say whether it is another. Nobody but its owner may write there.</summary>
public sealed class FolderSource(string folder) : IPolicySource
{
    private const string Manifest = ".manifest";

    /// <summary>What a policy of any source may weigh.</summary>
    internal static readonly LoadLimits Limits = new()
    {
        FileBytes = 8 << 20,
        TotalBytes = 16 << 20,
        Files = 2000,
        Depth = 16,
    };

    internal static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 16,
        AttributesToSkip = FileAttributes.ReparsePoint, // where a link leads, it is seen there
        IgnoreInaccessible = false,
    };

    public string Name => $"folder {folder}";

    public Task<SourceState?> ReadAsync(string? seen, CancellationToken cancel)
    {
        try
        {
            var tag = TagOf(folder);
            return Task.FromResult(tag == seen ? null : new SourceState(tag, Load(folder)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or RegoError)
        {
            throw new PolicySourceException(e.Message, e);
        }
    }

    /// <summary>What lies in a folder, by its names in it; one with a manifest is laid out as a bundle.</summary>
    /// <exception cref="RegoError">It is not as it must be.</exception>
    internal static PolicySet Load(string folder)
    {
        var loader = new PolicyLoader(folder, Limits);
        var files = (File.Exists(Path.Combine(folder, Manifest)) ? loader.AddBundle(".") : loader.Add(".")).Load();
        return files with { Files = [.. files.Files.Select(f => f with { Name = Plain(f.Name) })] };
    }

    private static string Plain(string name) =>
        name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name;

    private static string TagOf(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (count, total) = (0, 0L);
        OthersMayWrite.Refuse(new DirectoryInfo(folder));
        // What is no folder has no files: that is said, and is no empty policy.
        foreach (var file in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything)
            .OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            if (++count > Limits.Files) throw new PolicySourceException($"More than {Limits.Files} files lie in it.");
            OthersMayWrite.Refuse(file);
            var size = file is FileInfo { Exists: true } one ? one.Length : 0;
            total += size;
            if (total > Limits.TotalBytes) throw new PolicySourceException("It is larger than a policy may be.");
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{file.FullName}\0{size}\0")));
            if (size > 0) hash.AppendData(File.ReadAllBytes(file.FullName));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
