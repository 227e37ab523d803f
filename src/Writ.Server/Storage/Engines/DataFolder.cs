namespace Writ.Server.Storage;

/// <summary>The data folder: the broker's alone, and so is what lies in it.</summary>
public static class DataFolder
{
    private const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes it, where it is missing. One that is there keeps its mode, which may be its owner's will: what is
    /// secret in it is closed by itself, and `writ doctor` says so.</summary>
    public static void Prepare(string folder) => Directory.CreateDirectory(folder, FolderMode);

    /// <summary>Takes the folder for this process, until what it answers is disposed or the process dies.</summary>
    public static FileStream Take(string folder)
    {
        try
        {
            return new FileStream(
                Closed(folder, "broker.lock"), System.IO.FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new IOException($"Another broker works in {Path.GetFullPath(folder)}: stop it first.", e);
        }
    }

    /// <summary>
    /// The path of a file in it that nobody else can open, nor those that SQLite lays beside it, which take its mode.
    /// </summary>
    public static string Closed(string folder, string name)
    {
        var path = Path.Combine(Path.GetFullPath(folder), name);
        foreach (var file in (string[])[path, $"{path}-wal", $"{path}-shm"])
            if (File.Exists(file) && File.GetUnixFileMode(file) != FileMode) File.SetUnixFileMode(file, FileMode);
        // Made here: SQLite would make it as open as the umask allows. An empty file is an empty database.
        if (!File.Exists(path))
            new FileStream(path, new FileStreamOptions
            {
                Mode = System.IO.FileMode.OpenOrCreate,
                Access = FileAccess.Write,
                UnixCreateMode = FileMode,
            }).Dispose();
        return path;
    }
}
