namespace Writ.Cli.Policies;

/// <summary>How the policy verbs end: as OPA's users know it.</summary>
internal static class PolicyExit
{
    public const int Yes = 0;

    /// <summary>eval: not the answer that was asked for; check: it does not compile; test: it cannot run.</summary>
    public const int No = 1;

    /// <summary>eval, fmt: an error; test: something failed.</summary>
    public const int Failed = 2;

    /// <summary>lint: something was found.</summary>
    public const int Found = 3;
}
