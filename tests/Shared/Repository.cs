namespace Writ.Testing;

/// <summary>Where the files of the repository lie, found from the test's own assembly upwards.</summary>
public static class Repository
{
    /// <summary>The folder that holds Writ.slnx.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>The full path of what is named from the root, as in <c>Repository.At("eng/postgres")</c>.</summary>
    public static string At(string path) => Path.Combine(Root, path);

    private static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Writ.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Writ.slnx above {start}.");
    }
}
