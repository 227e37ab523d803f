namespace Writ.Rego.Bundles;

/// <summary>Files and folders, whose faults become errors of the policy that should have come from them.</summary>
internal static class FileAccess
{
    public static byte[] Read(string name, string full, LoadBudget budget) => Try(name, () =>
    {
        using var stream = File.OpenRead(full);
        return budget.ReadAll(name, stream);
    });

    public static FileStream Open(string name, string full) => Try(name, () => File.OpenRead(full));

    /// <summary>The names in a folder, in the order of their bytes.</summary>
    public static string[] Entries(string name, string full) => Try<string[]>(name, () =>
        [.. Directory.EnumerateFileSystemEntries(full).Select(entry => Path.GetFileName(entry))
            .Order(StringComparer.Ordinal)]);

    /// <summary>The name of what lies in a folder: <c>a.rego</c> in <c>.</c>, <c>p/a.rego</c> in <c>./p</c>.</summary>
    public static string Join(string folder, string name)
    {
        while (folder.StartsWith("./", StringComparison.Ordinal))
        {
            folder = folder[2..].TrimStart('/');
        }

        return folder is "" or "." ? name : Path.Join(Path.TrimEndingDirectorySeparator(folder), name);
    }

    private static T Try<T>(string name, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw LoadBudget.Error(name, "no such file or folder", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw LoadBudget.Error(name, "permission denied, or no file", error);
        }
        catch (IOException error)
        {
            throw LoadBudget.Error(name, error.Message, error);
        }
    }
}
