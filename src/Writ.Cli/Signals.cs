using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Writ.Cli;

/// <summary>Asks processes to end in their own time, which .NET cannot.</summary>
internal static partial class Signals
{
    private const int Sigterm = 15;

    /// <summary>SIGTERM; nothing when it has ended already.</summary>
    public static void Terminate(Process process)
    {
        try
        {
            if (!process.HasExited)
                _ = Kill(process.Id, Sigterm);
        }
        catch (InvalidOperationException)
        {
            // It never started, or is gone.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
