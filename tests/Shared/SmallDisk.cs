namespace Writ.Testing;

/// <summary>A small file system of a test's own, which it can fill. Needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Junk => Path.Combine(Folder, "junk");

    public static async Task<SmallDisk> MountAsync(string size)
    {
        var folder = Directory.CreateTempSubdirectory("writ-small-").FullName;
        var mounted = await Command.RunAsync("mount", ["-t", "tmpfs", "-o", $"size={size},mode=0755", "tmpfs", folder]);
        const string need = "This test needs a small file system of its own, as root: mount -t tmpfs -o size=32m tmpfs";
        Assert.True(mounted.ExitCode == 0, $"{need} {folder}\n{mounted.Errors}");
        return new SmallDisk(folder);
    }

    /// <summary>Leaves no byte free.</summary>
    public void Fill()
    {
        using var file = new FileStream(Junk, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) file.Write(new byte[1024]);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Empty() => File.Delete(Junk);

    public async ValueTask DisposeAsync()
    {
        (await Command.RunAsync("umount", [Folder])).Succeeded();
        Directory.Delete(Folder);
    }
}
