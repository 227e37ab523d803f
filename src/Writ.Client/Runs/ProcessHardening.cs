using System.Globalization;
using System.Runtime.InteropServices;

namespace Writ.Client;

/// <summary>
/// Closes the ways by which a process of the same user, such as our own child, could read the keys out of this one: its
/// memory and first environment under /proc, ptrace, core dumps, and .NET's diagnostic socket. Each is done as far as
/// the system lets us; none is relied on alone.
/// </summary>
internal static partial class ProcessHardening
{
    private const int SetDumpable = 4;       // PR_SET_DUMPABLE
    private const int SetChildSubreaper = 36; // PR_SET_CHILD_SUBREAPER

    internal static void Apply()
    {
        if (!OperatingSystem.IsLinux())
            return;
        _ = Control(SetDumpable, 0, 0, 0, 0);

        // Orphans of the child become ours instead of init's, so that they still count as descendants of the run.
        _ = Control(SetChildSubreaper, 1, 0, 0, 0);
        CloseDiagnostics();
    }

    private static void CloseDiagnostics()
    {
        try
        {
            var pattern = string.Create(
                CultureInfo.InvariantCulture, $"dotnet-diagnostic-{Environment.ProcessId}-*-socket");
            foreach (var socket in Directory.EnumerateFiles(Path.GetTempPath(), pattern))
                File.Delete(socket);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // There is no socket, or it is not ours to delete: then it is not ours to be attacked through either.
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Control(int option, nuint second, nuint third, nuint fourth, nuint fifth);
}
