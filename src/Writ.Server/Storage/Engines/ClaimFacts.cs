namespace Writ.Server.Storage;

/// <summary>
/// How what the claims of a batch rest on stands, read behind the lock of the log: nothing of it changes before the
/// commit.
/// </summary>
/// <param name="PrincipalVersions">Of the identities and operators that are active and not expired.</param>
/// <param name="RegistryVersion">Of resources, workflows and policies; 0 where nobody asked.</param>
/// <param name="OpenTasks">The tasks that are open and before their deadline.</param>
internal sealed record ClaimFacts(
    IReadOnlyDictionary<string, long> PrincipalVersions, long RegistryVersion, IReadOnlySet<string> OpenTasks);

/// <summary>What the claims of a batch rest on.</summary>
internal sealed record ClaimSubjects(
    IReadOnlyCollection<string> Principals, IReadOnlyCollection<string> Tasks, bool Registry)
{
    /// <summary>Nothing: the lock alone is wanted.</summary>
    public static readonly ClaimSubjects None = new([], [], false);
}
