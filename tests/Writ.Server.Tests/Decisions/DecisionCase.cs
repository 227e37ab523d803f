using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using Writ.Protocol;
using Writ.Server.Callers;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>
/// One ask for a token with every bound that could hold it: entitlement, workflow, task, parent, request, and the ends
/// of each in time. Drawn so that asks stay within all bounds in some cases, and reach beyond each of them in others.
/// </summary>
internal sealed record DecisionCase(
    Authority Entitled, Authority Workflow, Authority Task, Authority? Parent, Authority Wanted, Lives Lives)
{
    public static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    public static readonly Settings Settings = new()
    {
        TrustDomain = TrustDomain.Parse("example.org"),
        Issuer = "https://writ.example",
        DataDirectory = "/nowhere",
    };

    private const string Agent = "spiffe://example.org/agent/billing";
    private static readonly string[] Actions = ["orders:delete", "orders:read", "orders:write"];
    private static readonly string[] Places = ["https://a.example", "https://b.example", "https://c.example"];
    private static readonly string[] Datatypes = ["address", "amount"];

    public static Gen<DecisionCase> All { get; } =
        from entitled in Authorities(1, 4)
        from workflow in Authorities(1, 4)
        from task in Authorities(1, 4)
        from parent in Authorities(1, 4)
        from isChild in Gen.Elements(false, false, true)
        from reaches in Gen.Elements(true, true, false)
        from wanted in Authorities(1, 2)
        from token in Gen.Choose(1, 900)
        from deadline in Gen.Choose(-10, 900)
        from parentLife in Gen.Choose(-10, 900)
        from identityLife in Gen.Choose(-10, 2000)
        let within = Narrowing.Intersect(
            Narrowing.Intersect(entitled, workflow), Narrowing.Intersect(task, isChild ? parent : task))
        select new DecisionCase(
            entitled, workflow, task, isChild ? parent : null, reaches || within.IsEmpty ? wanted : within,
            new Lives(token, deadline, parentLife, identityLife));

    /// <summary>Everything that bounds the answer.</summary>
    public IEnumerable<Authority> Bounds =>
        Parent is null ? [Entitled, Workflow, Task, Wanted] : [Entitled, Workflow, Task, Parent, Wanted];

    public DateTimeOffset End => Now.AddSeconds(
        Math.Min(
            Math.Min(Lives.Token, Lives.Deadline),
            Math.Min(Parent is null ? int.MaxValue : Lives.Parent, Lives.Identity)));

    public Decision Decide() => Decide(Ask(), Facts());

    /// <summary>The answer of the broker's rules and the facts' policy, which runs in this process: at once.</summary>
    public static Decision Decide(Ask ask, Facts facts)
    {
        var answer = new DecisionPoint(Settings, TestPolicies.Engine).DecideAsync(ask, facts);
        return answer.IsCompletedSuccessfully ? answer.Result : throw new InvalidOperationException("It waits.");
    }

    public Ask.Token Ask(Func<Ask.Token, Ask.Token>? change = null)
    {
        var ask = new Ask.Token
        {
            DecisionId = "dec_1",
            Caller = new Caller(Principal(), "private_key_jwt") { Binding = new Confirmation.Jkt(new string('k', 43)) },
            GrantType = GrantTypes.ClientCredentials,
            Jti = "at_1",
            Subject = Agent,
            Actors = ActorChain.None,
            Requested = new Requested(Wanted, null, []),
            Task = TaskRow(),
            Parent = Parent is null ? null : ParentToken(Parent),
        };
        return change?.Invoke(ask) ?? ask;
    }

    public Facts Facts(bool revoked = false) => new()
    {
        Now = Now,
        Registry = new RegistrySnapshot(1, Settings.Issuer, [.. Places.Select(Resource)], [WorkflowRow()]),
        Policy = TestPolicies.Open,
        Revoked = revoked,
    };

    /// <summary>A case in which all bounds are the same and long: granted, unless the test changes something.</summary>
    public static DecisionCase Plain()
    {
        var all = Authority.Of([AuthorizationDetail.Of(Actions.Select(ActionName.Parse), Places)]);
        return new DecisionCase(all, all, all, null, all, new Lives(300, 900, 900, 900));
    }

    private Principal Principal() => new(
        new IdentityRow
        {
            Id = Agent,
            Kind = IdentityKind.Agent,
            Owner = "o",
            Team = "t",
            Purpose = "p",
            Clearance = "restricted",
            Entitlements = Entitled.ToJson(),
            MaxTokenSeconds = Lives.Token,
            CreatedAt = 0,
            ExpiresAt = Now.AddSeconds(Lives.Identity).ToMicros(),
        },
        null, []);

    private TaskRow TaskRow() => new()
    {
        Id = "task_1",
        Workflow = "refunds",
        Agent = Agent,
        Parent = Parent is null ? null : "task_0",
        Ancestors = Parent is null ? "" : "task_0",
        Purpose = "p",
        Authority = Task.ToJson(),
        OpenedBy = Agent,
        OpenedAt = 0,
        Deadline = Now.AddSeconds(Lives.Deadline).ToMicros(),
    };

    private WorkflowRow WorkflowRow() => new()
    {
        Name = "refunds",
        Owner = "o",
        Team = "t",
        Agents = Agent,
        Authority = Workflow.ToJson(),
        CreatedAt = 0,
    };

    private AccessTokenClaims ParentToken(Authority authority) => new()
    {
        Issuer = Settings.Issuer,
        Subject = Agent,
        Audience = [.. authority.Locations],
        ClientId = "spiffe://example.org/agent/planner",
        Scope = authority.Scope,
        Authority = authority,
        Jti = "at_0",
        IssuedAt = Now.AddMinutes(-1),
        ExpiresAt = Now.AddSeconds(Lives.Parent),
        TaskId = "task_0",
    };

    internal static ResourceRow Resource(string uri) => new()
    {
        Name = new Uri(uri).Host.Split('.')[0],
        Uri = uri,
        Owner = "o",
        Team = "t",
        Classification = "internal",
        Actions = string.Join(' ', Actions),
        CreatedAt = 0,
    };

    private static Gen<Authority> Authorities(int fewest, int most) =>
        from count in Gen.Choose(fewest, most)
        from details in Details.ListOf(count)
        select Authority.Of(details);

    private static Gen<AuthorizationDetail> Details =>
        from actions in NonEmpty(Actions)
        from places in NonEmpty(Places)
        from allData in Gen.Elements(true, true, false)
        from data in NonEmpty(Datatypes)
        from anyone in Gen.Elements(true, true, false)
        from one in Gen.Elements("order-1", "order-2")
        select AuthorizationDetail.Of(
            actions.Select(ActionName.Parse), places, allData ? null : data, anyone ? null : one);

    private static Gen<ImmutableArray<string>> NonEmpty(string[] items) =>
        from one in Gen.Elements(items)
        from more in Gen.SubListOf(items)
        select more.Append(one).Distinct(StringComparer.Ordinal).ToImmutableArray();
}

/// <summary>How long each thing still lives, in seconds.</summary>
internal sealed record Lives(int Token, int Deadline, int Parent, int Identity);
