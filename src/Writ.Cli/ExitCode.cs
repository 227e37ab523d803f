namespace Writ.Cli;

/// <summary>How a command ends.</summary>
internal static class ExitCode
{
    public const int Yes = 0;
    public const int Error = 1;

    /// <summary>The broker decided against it: not a fault, and asking again changes nothing.</summary>
    public const int Refused = 3;

    /// <summary>Ctrl-C, as shells write it: 128 + SIGINT.</summary>
    public const int Interrupted = 130;
}
