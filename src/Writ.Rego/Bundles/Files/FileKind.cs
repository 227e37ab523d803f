using System.Runtime.InteropServices;
using System.Text;

namespace Writ.Rego.Bundles.Files;

/// <summary>
/// What .NET does not tell of a path. Whether it is a file: opening a pipe that nobody writes to never returns, and a
/// device has no end. And where it leads when all links on the way are followed.
/// </summary>
internal static partial class FileKind
{
    private const string Library = "libc";
    private const int CurrentFolder = -100;
    private const uint TypeMask = 1;
    private const int ModeOffset = 28;
    private const int TypeOfMode = 0xF000;
    private const int Regular = 0x8000;
    private const int LongestPath = 4096;

    /// <summary>A <c>struct statx</c>, which is alike on all processors.</summary>
    private const int AnswerBytes = 256;

    /// <summary>Known on Linux alone; elsewhere all is taken for a file.</summary>
    public static bool IsFile(string path)
    {
        Span<byte> answer = stackalloc byte[AnswerBytes];
        return !OperatingSystem.IsLinux()
            || Ask(CurrentFolder, path, 0, TypeMask, ref MemoryMarshal.GetReference(answer)) != 0
            || (MemoryMarshal.Read<ushort>(answer[ModeOffset..]) & TypeOfMode) == Regular;
    }

    /// <summary>The path without links; null when it leads nowhere.</summary>
    public static string? RealPath(string path)
    {
        if (OperatingSystem.IsWindows())
            return Path.GetFullPath(path);
        var real = new byte[LongestPath];
        return Resolve(path, ref real[0]) == 0
            ? null
            : Encoding.UTF8.GetString(real.AsSpan(0, real.AsSpan().IndexOf((byte)0)));
    }

    [LibraryImport(Library, EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Ask(int folder, string path, int flags, uint mask, ref byte answer);

    [LibraryImport(Library, EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Resolve(string path, ref byte real);
}
