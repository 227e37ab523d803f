using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Writ.Testing;

/// <summary>
/// Test material that nobody on the project wrote: in the folder named by <c>WRIT_VECTORS</c>, else
/// <c>../shared/vectors</c> beside the repository. Without it a suite says so in one line and passes; with
/// <c>WRIT_REQUIRE_VECTORS=1</c> it fails.
/// </summary>
public static class Vectors
{
    /// <summary>Where the material lies, or would.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariable("WRIT_VECTORS") is { Length: > 0 } folder
            ? folder
            : Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "vectors"));

    /// <summary>Whether a file or folder is there; says so when it is not.</summary>
    public static bool TryFind(string relative, [NotNullWhen(true)] out string? path)
    {
        path = Path.Combine(Root, relative);
        if (Path.Exists(path))
            return true;

        path = null;
        var words = $"No vectors: {relative} is not in {Root} (WRIT_VECTORS); this suite checked nothing.";
        if (Environment.GetEnvironmentVariable("WRIT_REQUIRE_VECTORS") == "1")
            throw new DirectoryNotFoundException(words);
        TestContext.Current.SendDiagnosticMessage(words);
        TestContext.Current.TestOutputHelper?.WriteLine(words);
        return false;
    }

    /// <summary>A JSON file, read; see <see cref="TryFind"/>.</summary>
    public static bool TryRead(string relative, out JsonElement json)
    {
        json = default;
        if (!TryFind(relative, out var path))
            return false;
        json = JsonElement.Parse(File.ReadAllBytes(path));
        return true;
    }
}
