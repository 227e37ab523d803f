using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Writ.Client;

/// <summary>A file that was made is in its folder after a power cut only once the folder is on the disk, too; .NET has
/// no call for that.</summary>
internal static partial class FolderSync
{
    internal static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return; // NTFS keeps its folders by itself
        var descriptor = Open(folder, 0);
        if (descriptor < 0)
            throw new IOException($"{folder}: {new Win32Exception().Message}");
        var isDone = Fsync(descriptor) == 0;
        var why = new Win32Exception().Message;
        _ = Close(descriptor);
        if (!isDone)
            throw new IOException($"{folder}: {why}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
