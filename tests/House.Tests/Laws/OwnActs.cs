namespace House.Tests.Laws;

/// <summary>
/// Promise P1: what has effects was decided, or is one of the few things that the broker does by itself. Only these
/// append such an act: the sweeps, the rotation of keys, and the code for whoever owns the host.
/// </summary>
internal sealed class OwnActs : ILaw
{
    private const string Append = "AppendOwnActAsync";

    private static readonly string[] Acting =
    [
        "src/Writ.Server/Signing/KeyRotation.cs",
        "src/Writ.Server/Tasks/TaskSweeper.cs",
        "src/Writ.Server/Revocations/Redecision.cs",
        "src/Writ.Server/Inventory/KeyExpiryWatch.cs",
        "src/Writ.Server/Governance/BootstrapSocket.cs",
        "src/Writ.Server/Governance/Restoration.cs",
        "src/Writ.Server/Governance/PolicySync.cs", // a source that the host's owner named
        "src/Writ.Server/Simulation/ShadowRun.cs",
        "src/Writ.Server/Retention/EraseStep.cs", // by the settings, or what somebody was allowed to ask for
        "src/Writ.Server/Retention/DetailRetention.cs",
        "src/Writ.Server/Governance/PolicyReset.cs",
    ];

    public IEnumerable<Breach> Check(SourceTree tree) =>
        from mention in tree.Server.Mentions
        where string.Equals(mention.Symbol.Name, Append, StringComparison.Ordinal)
        where !SourceTree.IsUnder(mention.File, "src/Writ.Server/Audit/")
        where !Acting.Contains(mention.File.Path, StringComparer.Ordinal)
        select Breach.At(
            mention.File, mention.Node, "an effect that somebody asked for is decided: append its decision");

    public IEnumerable<SourceTree> Breaking =>
    [
        Calling("src/Writ.Server/Tokens/RevocationEndpoint.cs"),
        Calling("src/Writ.Server/Governance/EnrolEndpoint.cs"),
        Calling("src/Writ.Server/Acts/ActRoad.cs"),
    ];

    public IEnumerable<SourceTree> Keeping => [.. Acting.Select(Calling)];

    private static SourceTree Calling(string path) => SourceTree.Planted(
        ("src/Writ.Server/Audit/AuditLog.cs",
            $"namespace Writ.Server.Audit; public class AuditLog {{ public void {Append}() {{ }} }}"),
        (path, $"namespace Writ.Server.{path.Split('/')[2]};"
            + $"class A {{ void B(Audit.AuditLog log) => log.{Append}(); }}"));
}
