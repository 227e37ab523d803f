using FsCheck;
using FsCheck.Fluent;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>
/// One ask to open a task, with every bound that could hold it: its agent's entitlements, its workflow, its parent, and
/// whoever starts it. In a third of the cases it keeps within all of them; in the others each axis of each bound is
/// exceeded often (TaskRulesTests asserts how often).
/// </summary>
internal sealed record TaskCase(
    Authority Entitled, Authority Workflow, Authority? Parent, Authority? Wanted, TaskTerms Terms, Starter Starter)
{
    public static readonly DateTimeOffset Now = DecisionCase.Now;
    public const int WorkflowDepth = 3;
    public const string Purpose = "monthly close";
    private const string Agent = "spiffe://example.org/agent/billing";
    private const string ParentAgent = "spiffe://example.org/agent/planner";
    private const string Team = "payments";

    // The last of each is what the smaller bounds do not hold.
    internal static readonly string[] Actions = ["orders:list", "orders:read", "orders:write"];
    internal static readonly string[] Places = ["https://a.example", "https://b.example", "https://c.example"];
    internal static readonly string[] Datatypes = ["address", "amount", "card"];
    internal static readonly string[] Identifiers = ["order-1", "order-2", "order-3"];

    public static Gen<TaskCase> All { get; } =
        from wild in Gen.Elements(true, true, false)
        from entitled in Bound(wild)
        from workflow in Bound(wild)
        from parent in Bound(wild)
        from isChild in Gen.Elements(true, false)
        from asksForAll in Gen.Elements(true, false, false, false, false, false, false, false)
        from reach in Reach(wild)
        from wanted in Wanting(reach)
        from terms in TaskTerms.Draw(wild, isChild)
        from starter in Starter.Draw(wild)
        select new TaskCase(
            entitled, workflow, isChild ? parent : null, asksForAll ? null : wanted, terms, starter);

    /// <summary>The bounds of its authority, by name.</summary>
    public IEnumerable<(string Name, Authority Authority)> Bounds
    {
        get
        {
            yield return ("entitlement", Entitled);
            yield return ("workflow", Workflow);
            if (Parent is not null) yield return ("parent", Parent);
        }
    }

    public bool StarterMay =>
        Starter is { HasTaskStart: true }
        && Starter.Who switch
        {
            Who.Agent => true,
            Who.Named => true,
            Who.Operator => Starter.Role != OperatorRole.Viewer && Starter.Team is null or Team,
            _ => false,
        }
        && (Parent is null || Starter.HoldsParent
            || (Starter.Who == Who.Operator && Starter.Team is null or Team));

    public bool TermsHold =>
        Terms.PurposeFits && Terms.AgentFits
        && (Parent is null || (Terms.Depth <= WorkflowDepth && Terms.ParentIsOpen && Terms.Parent > 0))
        && Terms.Deadline > 0;

    public DateTimeOffset LatestEnd => Now.AddSeconds(
        Math.Min(Math.Min(Terms.Deadline, Terms.Workflow), Parent is null ? int.MaxValue : Terms.Parent));

    public Decision Decide() => DecisionCase.Decide(Ask(), Facts());

    private Ask.WorkToOpen Ask() => new()
    {
        DecisionId = "dec_1",
        Caller = new Caller(StarterPrincipal(), "access_token")
        {
            Authority = Starter.HasTaskStart
                ? ManagementActions.Of(["task:start"], DecisionCase.Settings.Issuer)
                : ManagementActions.Of(["task:read"], DecisionCase.Settings.Issuer),
        },
        Task = Row("task_1", Agent, Authority.Empty, Terms.Deadline) with
        {
            Parent = Parent is null ? null : "task_0",
            Ancestors = Parent is null ? "" : string.Join(' ', Enumerable.Range(0, Terms.Depth).Select(i => $"t{i}")),
            Purpose = Terms.PurposeFits ? Purpose : "something else",
        },
        Requested = new Requested(Wanted, null, []),
    };

    private Facts Facts() => new()
    {
        Now = Now,
        Registry = new RegistrySnapshot(
            1, DecisionCase.Settings.Issuer,
            [.. Places.Select(p => DecisionCase.Resource(p) with { Actions = string.Join(' ', Actions) })],
            [WorkflowRow()]),
        Policy = TestPolicies.Open,
        Agent = Identity(Agent, Entitled),
        ParentTask = Parent is null ? null : Row(
            "task_0", Starter.HoldsParent ? StarterPrincipal().Id : ParentAgent, Parent, Terms.Parent) with
        {
            Status = Terms.ParentIsOpen ? TaskStatusName.Open : TaskStatusName.Completed,
        },
    };

    private Principal StarterPrincipal() => Starter.Who switch
    {
        Who.Agent => Identity(Agent, Entitled),
        Who.Named => Identity("spiffe://example.org/pipeline/nightly", Authority.Empty),
        Who.Operator => new Principal(null, new OperatorRow
        {
            Id = "spiffe://example.org/operator/ada",
            Name = "ada",
            Role = Starter.Role,
            Team = Starter.Team,
            CreatedAt = 0,
        }, []),
        _ => Identity("spiffe://example.org/agent/stranger", Entitled),
    };

    private static Principal Identity(string id, Authority entitled) => new(
        new IdentityRow
        {
            Id = id,
            Kind = IdentityKind.Agent,
            Owner = "o",
            Team = Team,
            Purpose = "p",
            Clearance = "restricted",
            Entitlements = entitled.ToJson(),
            CreatedAt = 0,
            ExpiresAt = Now.AddDays(1).ToMicros(),
        },
        null, []);

    private TaskRow Row(string id, string agent, Authority authority, int life) => new()
    {
        Id = id,
        Workflow = "refunds",
        Agent = agent,
        Purpose = Purpose,
        Authority = authority.ToJson(),
        OpenedBy = agent,
        OpenedAt = 0,
        Deadline = Now.AddSeconds(life).ToMicros(),
    };

    private WorkflowRow WorkflowRow() => new()
    {
        Name = "refunds",
        Owner = "o",
        Team = Team,
        Agents = Terms.AgentFits ? Agent : "spiffe://example.org/agent/other",
        Starters = "spiffe://example.org/pipeline/nightly",
        Purposes = $"""["{Purpose}"]""",
        Authority = Workflow.ToJson(),
        MaxTaskSeconds = Terms.Workflow,
        MaxDepth = WorkflowDepth,
        CreatedAt = 0,
    };

    /// <summary>A bound holds all but the last of each axis, and in wild cases sometimes that too.</summary>
    private static Gen<Authority> Bound(bool wild) =>
        from has in Flags(wild ? 25 : 50)
        from anyData in Percent(15)
        from anyone in Percent(15)
        from piece in Piece(has)
        let whole = With(
            Some(Actions, has[0]), Some(Places, has[1]), anyData ? null : Some(Datatypes, has[2]),
            anyone ? (string?[])[null] : Some(Identifiers, has[3]))
        select Authority.Of([.. whole, .. piece]);

    /// <summary>What is asked for: some of what all bounds hold, and on each axis sometimes the last one.</summary>
    private static Gen<Authority> Wanting(bool[] reach) =>
        from actions in SomeOf(Actions[..^1])
        from places in SomeOf(Places[..^1])
        from data in SomeOf(Datatypes[..^1])
        from one in SomeOf(Identifiers[..^1])
        select Authority.Of(With(
            Plus(actions, Actions, reach[0]), Plus(places, Places, reach[1]), Plus(data, Datatypes, reach[2]),
            Plus(one, Identifiers, reach[3])));

    private static Gen<bool[]> Reach(bool wild) => wild ? Flags(80) : Gen.Constant(new bool[4]);

    private static Gen<AuthorizationDetail[]> Piece(bool[] has) =>
        from actions in SomeOf(Some(Actions, has[0]))
        from places in SomeOf(Some(Places, has[1]))
        from data in SomeOf(Some(Datatypes, has[2]))
        from one in SomeOf(Some(Identifiers, has[3]))
        select With(actions, places, data, one);

    private static AuthorizationDetail[] With(
        string[] actions, string[] places, string[]? data, IEnumerable<string?> identifiers) =>
        [.. identifiers.Select(i => AuthorizationDetail.Of(
            actions.Select(ActionName.Parse), places, data, i))];

    private static string[] Some(string[] all, bool last) => last ? all : all[..^1];

    private static string[] Plus(string[] some, string[] all, bool last) => last ? [.. some, all[^1]] : some;

    private static Gen<string[]> SomeOf(string[] items) =>
        from one in Gen.Elements(items)
        from more in Gen.SubListOf(items)
        select more.Append(one).Distinct(StringComparer.Ordinal).ToArray();

    private static Gen<bool[]> Flags(int percent) => Percent(percent).ArrayOf(4);

    internal static Gen<bool> Percent(int percent) => Gen.Choose(0, 99).Select(n => n < percent);
}

/// <summary>What bounds a task besides its authority.</summary>
/// <param name="Deadline">Seconds that are asked for.</param>
/// <param name="Workflow">Seconds that the workflow allows.</param>
/// <param name="Parent">Seconds that the parent still lives.</param>
/// <param name="Depth">How many tasks would lie above it, if any.</param>
/// <param name="PurposeFits">The purpose is the workflow's.</param>
/// <param name="AgentFits">The agent is the workflow's.</param>
/// <param name="ParentIsOpen">The parent has not ended.</param>
internal sealed record TaskTerms(
    int Deadline, int Workflow, int Parent, int Depth, bool PurposeFits, bool AgentFits, bool ParentIsOpen)
{
    public static Gen<TaskTerms> Draw(bool wild, bool isChild) =>
        from deadline in Gen.Choose(wild ? -100 : 1, 4000)
        from workflow in Gen.Choose(60, 3600)
        from parent in Gen.Choose(wild ? -100 : 1, 4000)
        from deep in TaskCase.Percent(wild ? 45 : 0)
        from depth in deep ? Gen.Choose(TaskCase.WorkflowDepth + 1, 10) : Gen.Choose(1, TaskCase.WorkflowDepth)
        from purpose in TaskCase.Percent(wild ? 60 : 100)
        from agent in TaskCase.Percent(wild ? 60 : 100)
        from open in TaskCase.Percent(wild ? 60 : 100)
        select new TaskTerms(deadline, workflow, parent, isChild ? depth : 0, purpose, agent, open);
}

/// <summary>Who starts a task.</summary>
internal enum Who
{
    /// <summary>The task's own agent.</summary>
    Agent,

    /// <summary>One whom the workflow names as a starter.</summary>
    Named,

    Operator,

    /// <summary>Another agent of the same team, entitled to the same.</summary>
    Stranger,
}

/// <summary>Whoever starts a task, with what they may.</summary>
/// <param name="Who">Which kind.</param>
/// <param name="Role">Of an operator.</param>
/// <param name="Team">Of an operator; null: the trust domain.</param>
/// <param name="HasTaskStart">Their token carries task:start.</param>
/// <param name="HoldsParent">The parent task is their own.</param>
internal sealed record Starter(Who Who, string Role, string? Team, bool HasTaskStart, bool HoldsParent)
{
    public static Gen<Starter> Draw(bool wild) =>
        from who in wild ? Gen.Elements(Who.Agent, Who.Named, Who.Operator, Who.Stranger)
            : Gen.Elements(Who.Agent, Who.Named, Who.Operator)
        from role in wild ? Gen.Elements(OperatorRole.Viewer, OperatorRole.Operator, OperatorRole.Owner)
            : Gen.Elements(OperatorRole.Operator, OperatorRole.Owner)
        from team in wild ? Gen.Elements("payments", "support", null!) : Gen.Elements("payments", null!)
        from carries in TaskCase.Percent(wild ? 60 : 100)
        from holds in TaskCase.Percent(wild ? 50 : 100)
        select new Starter(who, role, team, carries, holds && who != Who.Operator);
}
