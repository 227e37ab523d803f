namespace Writ.Rego.Bundles.Files;

/// <summary>Files and folders, whose faults become errors of the policy that should have come from them.</summary>
internal static class FoundFiles
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

    /// <summary>
    /// What was found below a folder belongs there: a link leads to something in that folder, and no pipe or device,
    /// which have no end, pass for a file.
    /// </summary>
    /// <param name="name">How errors name it.</param>
    /// <param name="full">Where it lies.</param>
    /// <param name="root">The folder that was asked for.</param>
    public static void CheckFound(string name, string full, string root)
    {
        var isLink = Try(name, () => File.GetAttributes(full).HasFlag(FileAttributes.ReparsePoint));
        if (isLink && (FileKind.RealPath(full) is not { } target || !IsWithin(FileKind.RealPath(root) ?? root, target)))
            throw LoadBudget.Error(name, "a link that leads out of the folder, or nowhere");
        if (!Directory.Exists(full) && !FileKind.IsFile(full))
            throw LoadBudget.Error(name, "no file but a pipe or a device");
    }

    /// <summary>The name of what lies in a folder: <c>a.rego</c> in <c>.</c>, <c>p/a.rego</c> in <c>./p</c>.</summary>
    public static string Join(string folder, string name)
    {
        while (folder.StartsWith("./", StringComparison.Ordinal))
        {
            folder = folder[2..].TrimStart('/');
        }

        return folder is "" or "." ? name : Path.Join(Path.TrimEndingDirectorySeparator(folder), name);
    }

    private static bool IsWithin(string root, string path) =>
        path.StartsWith(
            Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

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
