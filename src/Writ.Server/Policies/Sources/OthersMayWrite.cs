namespace Writ.Server.Policies.Sources;

/// <summary>Whoever may write what a policy is read from decides what the broker decides: that is nobody but whose it
/// is.</summary>
internal static class OthersMayWrite
{
    private const UnixFileMode Theirs = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Refuses what others may write.</summary>
    /// <exception cref="PolicySourceException">Its group or everybody may write it.</exception>
    public static void Refuse(FileSystemInfo place)
    {
        if (!OperatingSystem.IsWindows() && place.Exists && (place.UnixFileMode & Theirs) is not UnixFileMode.None)
            throw new PolicySourceException(
                $"{place.FullName} may be written by its group or by everybody: chmod go-w it.");
    }
}
