using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Writ.Rego;

/// <summary>The processor time that the calling thread has used: what it waits for is not in it.</summary>
public static partial class ThreadTime
{
    private const long Second = 1_000_000_000;

    // CLOCK_THREAD_CPUTIME_ID of <time.h>
    private static readonly int _clock = OperatingSystem.IsMacOS() ? 16 : 3;
    private static readonly bool _isTold = IsTold();

    /// <summary>Nanoseconds since some moment in the thread's past; where the system does not tell, of wall time.
    /// </summary>
    public static long Nanoseconds => _isTold && GetTime(_clock, out var now) == 0
        ? (now.Seconds * Second) + now.Nanoseconds
        : WallNanoseconds;

    internal static long WallNanoseconds =>
        (long)((Int128)Stopwatch.GetTimestamp() * Second / Stopwatch.Frequency);

    private static bool IsTold()
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            return false;
        try
        {
            return GetTime(_clock, out _) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetTime(int clock, out TimeSpec time);

    // struct timespec; both members are as wide as a register where .NET runs.
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        public readonly nint Seconds;
        public readonly nint Nanoseconds;
    }
}
