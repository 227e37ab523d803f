namespace Writ.Server.Audit;

/// <summary>
/// The event class of each kind of record in OCSF, in words that 1.5.0 and all later 1.x have. docs/siem.md shows the
/// same table.
/// </summary>
internal static class OcsfKinds
{
    public const int Account = 3001;
    public const int Authentication = 3002;
    public const int Session = 3003;
    public const int Entity = 3004;
    public const int Api = 6003;
    public const int Finding = 2004;

    private const int Low = 2;
    private const int Medium = 3;
    private const int High = 4;

    private static readonly OcsfKind Reading = new(Api, 2);

    /// <summary>A kind that is not in the table, of a broker that is newer than it: carried all the same.</summary>
    private static readonly OcsfKind Unknown = new(Api, 99, "Other");

    public static OcsfKind Of(string kind) => Table.GetValueOrDefault(kind, Unknown);

    public static readonly IReadOnlyDictionary<string, OcsfKind> Table =
        new Dictionary<string, OcsfKind>(StringComparer.Ordinal)
        {
            ["access.bundle"] = Reading,
            ["access.evaluate"] = Reading,
            ["access.local"] = new(Api, 99, "Decide"),
            ["access.report"] = new(Api, 1),
            ["access.search"] = Reading,
            ["approval.approve"] = new(Entity, 3),
            ["approval.decide"] = new(Entity, 3),
            ["approval.deny"] = new(Entity, 3),
            ["approval.read"] = Reading,
            ["audit.erase"] = new(Entity, 4) { Severity = Medium },
            ["audit.export"] = Reading,
            ["audit.hold"] = new(Entity, 1),
            ["audit.read"] = Reading,
            ["audit.release"] = new(Entity, 4) { Severity = Medium },
            ["caller.refuse"] = new(Authentication, 1),
            ["decision.explain"] = Reading,
            ["finding.close"] = new(Finding, 3),
            ["finding.raise"] = new(Finding, 1) { Severity = Medium },
            ["finding.read"] = Reading,
            ["identity.create"] = new(Account, 1),
            ["identity.decommission"] = new(Account, 6),
            ["identity.except"] = new(Account, 99, "Except") { Severity = Medium },
            ["identity.lock"] = new(Account, 9) { Severity = High },
            ["identity.read"] = Reading,
            ["identity.resume"] = new(Account, 2),
            ["identity.suggest"] = Reading,
            ["identity.suspend"] = new(Account, 5) { Severity = Medium },
            ["identity.update"] = new(Account, 99, "Update"),
            ["key.add"] = new(Account, 99, "Add Key"),
            ["key.revoke"] = new(Account, 99, "Revoke Key"),
            ["lock.create"] = new(Entity, 12) { Severity = High },
            ["log.begin"] = new(Entity, 1) { Severity = High },
            ["notice.read"] = Reading,
            ["operator.bootstrap"] = new(Account, 1) { Severity = High },
            ["operator.enrol"] = new(Entity, 6),
            ["operator.invite"] = new(Account, 1),
            ["operator.read"] = Reading,
            ["operator.remove"] = new(Account, 6) { Severity = Medium },
            ["operator.update"] = new(Account, 99, "Update"),
            ["policy.preview"] = Reading,
            ["policy.push"] = new(Entity, 3) { Severity = Medium },
            ["policy.query"] = Reading,
            ["policy.read"] = Reading,
            ["policy.replay"] = Reading,
            ["policy.rollback"] = new(Entity, 3) { Severity = Medium },
            ["policy.shadow"] = new(Entity, 2),
            ["policy.shadow.end"] = new(Entity, 11),
            ["policy.shadow.read"] = Reading,
            ["policy.shadow.start"] = new(Entity, 10),
            ["request.fail"] = new(Api, 99, "Fail") { Severity = Medium },
            ["request.refuse"] = new(Api, 99, "Refuse"),
            ["resource.create"] = new(Entity, 1),
            ["resource.delete"] = new(Entity, 4),
            ["resource.read"] = Reading,
            ["resource.update"] = new(Entity, 3),
            ["revocation.read"] = Reading,
            ["signal.write"] = new(Finding, 1) { Severity = Medium },
            ["signing_key.create"] = new(Entity, 1),
            ["signing_key.read"] = Reading,
            ["signing_key.revoke"] = new(Entity, 9) { Severity = High },
            ["signing_key.rotate"] = new(Entity, 3),
            ["store.restore"] = new(Entity, 99, "Restore") { Severity = High },
            ["task.end"] = new(Entity, 11),
            ["task.expire"] = new(Entity, 11),
            ["task.heartbeat"] = new(Entity, 3),
            ["task.read"] = Reading,
            ["task.start"] = new(Entity, 10),
            ["token.exchange"] = new(Session, 1),
            ["token.introspect"] = Reading,
            ["token.issue"] = new(Session, 1),
            ["token.redecide"] = new(Authentication, 2) { Severity = Low },
            ["token.refresh"] = new(Session, 1),
            ["token.revoke"] = new(Authentication, 2),
            ["workflow.create"] = new(Entity, 1),
            ["workflow.delete"] = new(Entity, 4),
            ["workflow.read"] = Reading,
            ["workflow.update"] = new(Entity, 3),
        };
}

/// <summary>What a record is in OCSF.</summary>
/// <param name="Class">The class_uid.</param>
/// <param name="Activity">The activity_id; 99: other.</param>
/// <param name="Other">The activity's name where it is another.</param>
internal sealed record OcsfKind(int Class, int Activity, string? Other = null)
{
    private const int Medium = 3;

    private static readonly string[] Severities = ["Unknown", "Informational", "Low", "Medium", "High"];

    /// <summary>The severity_id of a yes; a no is at least medium.</summary>
    public int Severity { get; init; } = 1;

    /// <summary>The category_uid.</summary>
    public int Category => Class / 1000;

    public int Type => (Class * 100) + Activity;

    public string CategoryName => Category switch
    {
        2 => "Findings",
        3 => "Identity & Access Management",
        _ => "Application Activity",
    };

    public string ClassName => Class switch
    {
        OcsfKinds.Account => "Account Change",
        OcsfKinds.Authentication => "Authentication",
        OcsfKinds.Session => "Authorize Session",
        OcsfKinds.Entity => "Entity Management",
        OcsfKinds.Finding => "Detection Finding",
        _ => "API Activity",
    };

    public string ActivityName => Other ?? (Class, Activity) switch
    {
        (OcsfKinds.Account, 2) => "Enable",
        (OcsfKinds.Account, 5) => "Disable",
        (OcsfKinds.Account, 6) => "Delete",
        (OcsfKinds.Account, 9) => "Lock",
        (OcsfKinds.Authentication, 1) => "Logon",
        (OcsfKinds.Authentication, 2) => "Logoff",
        (OcsfKinds.Session, 1) => "Assign Privileges",
        (OcsfKinds.Finding, 3) => "Close",
        (_, 1) => "Create",
        (_, 2) => "Read",
        (_, 3) => "Update",
        (_, 4) => "Delete",
        (_, 6) => "Enroll",
        (_, 9) => "Disable",
        (_, 10) => "Activate",
        (_, 11) => "Deactivate",
        _ => "Suspend",
    };

    public int SeverityOf(bool isYes) => isYes ? Severity : Math.Max(Severity, Medium);

    public string SeverityName(bool isYes) => Severities[SeverityOf(isYes)];
}
