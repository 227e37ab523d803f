namespace Writ.Cli;

/// <summary>How a command ends.</summary>
internal static class ExitCode
{
    public const int Yes = 0;

    /// <summary>It went wrong before the broker was asked, or the broker was not there.</summary>
    public const int Error = 1;

    /// <summary>It was not given as it must be: nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>The broker said no: not a fault, and asking again changes nothing.</summary>
    public const int Refused = 3;

    /// <summary>It was compared, and it differs.</summary>
    public const int Differs = 4;

    /// <summary>Ctrl-C, as shells write it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
