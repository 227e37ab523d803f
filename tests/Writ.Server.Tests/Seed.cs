using System.Security.Cryptography;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Puts identities, resources, workflows and tasks into a broker's store, by the road of records.</summary>
public sealed class Seed(TestBroker broker)
{
    private const string Team = "payments";

    /// <summary>A name that no other test uses.</summary>
    public static string Name(string stem) => $"{stem}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>Everything that one agent needs, under names of its own.</summary>
    public async Task<TestWorld> WorldAsync()
    {
        var orders = await ResourceAsync(Name("orders"), "orders:read orders:write orders:delete");
        var agent = await IdentityAsync(Name("agent/billing"), [$"orders:read,orders:write@{orders.Name}"]);
        var other = await IdentityAsync(Name("agent/support"), [$"orders:read@{orders.Name}"]);
        var workflow = await WorkflowAsync(
            Name("refunds"), [agent, other], [$"orders:read,orders:write@{orders.Name}"]);
        return new TestWorld(broker, orders, agent, other, workflow);
    }

    public async Task<ResourceRow> ResourceAsync(
        string name, string actions, string classification = "internal", string? uri = null)
    {
        var row = new ResourceRow
        {
            Name = name,
            Uri = uri ?? $"https://{name}.example",
            Owner = "owner",
            Team = Team,
            Classification = classification,
            Actions = actions,
            CreatedAt = broker.Now.ToMicros(),
        };
        await ApplyAsync(tx => ResourceStore.InsertAsync(tx, row));
        return row;
    }

    /// <summary>An identity with a key of its own, as the client that holds it.</summary>
    /// <param name="path">As in <c>agent/billing</c>.</param>
    /// <param name="grants">Its entitlements: <c>orders:read@orders</c>.</param>
    /// <param name="change">What shall differ from an active agent cleared for everything.</param>
    /// <param name="changeKey">What shall differ of its key.</param>
    public async Task<TestCaller> IdentityAsync(
        string path, IReadOnlyList<string> grants, Func<IdentityRow, IdentityRow>? change = null,
        Func<PrincipalKeyRow, PrincipalKeyRow>? changeKey = null)
    {
        var row = new IdentityRow
        {
            Id = $"spiffe://example.org/{path}",
            Kind = IdentityKind.Agent,
            Owner = "spiffe://example.org/operator/nobody",
            Team = Team,
            Purpose = "test",
            Clearance = "restricted",
            Entitlements = (await AuthorityAsync(grants)).ToJson(),
            CreatedAt = broker.Now.ToMicros(),
            ExpiresAt = broker.Now.AddDays(365).ToMicros(),
        };
        row = change?.Invoke(row) ?? row;
        var caller = new TestCaller(broker, row.Id);
        var key = KeyOf(caller);
        await ApplyAsync(tx => IdentityStore.InsertAsync(tx, row), KeyEffect(changeKey?.Invoke(key) ?? key));
        return caller;
    }

    public async Task<TestCaller> OperatorAsync(string name, string role = OperatorRole.Owner, string? team = null)
    {
        var row = new OperatorRow
        {
            Id = $"spiffe://example.org/operator/{name}",
            Name = name,
            Role = role,
            Team = team,
            CreatedAt = broker.Now.ToMicros(),
        };
        var caller = new TestCaller(broker, row.Id);
        await ApplyAsync(tx => OperatorStore.InsertAsync(tx, row), KeyEffect(KeyOf(caller)));
        return caller;
    }

    /// <summary>One more key for a principal.</summary>
    public Task KeyAsync(PrincipalKeyRow key) => ApplyAsync(KeyEffect(key));

    public async Task<WorkflowRow> WorkflowAsync(
        string name, IEnumerable<TestCaller> agents, IReadOnlyList<string> grants,
        Func<WorkflowRow, WorkflowRow>? change = null)
    {
        var row = new WorkflowRow
        {
            Name = name,
            Owner = "owner",
            Team = Team,
            Agents = string.Join(' ', agents.Select(a => a.Id)),
            Authority = (await AuthorityAsync(grants)).ToJson(),
            CreatedAt = broker.Now.ToMicros(),
        };
        row = change?.Invoke(row) ?? row;
        await ApplyAsync(tx => WorkflowStore.InsertAsync(tx, row));
        return row;
    }

    /// <summary>An open task of the agent, with all that the workflow allows, put there without asking.</summary>
    public async Task<TaskRow> TaskAsync(
        TestCaller agent, WorkflowRow workflow, Func<TaskRow, TaskRow>? change = null)
    {
        var row = new TaskRow
        {
            Id = broker.Wiring.Ids.Next("task"),
            Workflow = workflow.Name,
            Agent = agent.Id,
            Purpose = "test",
            Authority = workflow.Authority,
            OpenedBy = agent.Id,
            OpenedAt = broker.Now.ToMicros(),
            Deadline = broker.Now.AddHours(1).ToMicros(),
        };
        row = change?.Invoke(row) ?? row;
        await AppendAsync([new Claim.OpenTask(row)]);
        return row;
    }

    /// <summary>Ends a task through the log, as its end point does.</summary>
    public Task EndTaskAsync(string id) =>
        AppendAsync([broker.Wiring.RevocationLog.EndTask(id, TaskStatusName.Completed, "test")]);

    /// <summary>Changes an identity and what hangs on it, whatever the product's rules for that may be.</summary>
    public async Task ChangeAsync(TestCaller identity, Func<IdentityRow, IdentityRow> change)
    {
        var row = (await new IdentityStore(broker.Wiring.Database).FindAsync(identity.Id))!;
        await ApplyAsync(tx => IdentityStore.UpdateAsync(tx, change(row)));
    }

    /// <summary>Runs effects in one recorded transaction; a failure of one is the test's failure.</summary>
    public Task ApplyAsync(params Func<StoreTransaction, Task<ClaimFailure?>>[] effects) =>
        AppendAsync([.. effects.Select(e => new Claim.Effect(e))]);

    public async Task<Authority> AuthorityAsync(IReadOnlyList<string> grants)
    {
        var registry = await broker.Wiring.Registry.CurrentAsync();
        return Authority.Of(grants.Select(GrantExpression.Parse).Select(
            g => AuthorizationDetail.Of(g.Actions, [registry.ByName[g.Resource.Value].Uri])));
    }

    private async Task AppendAsync(IReadOnlyList<Claim> claims)
    {
        var e = new AuditEvent { Kind = "test.seed", Actor = "test" };
        Assert.IsType<Appended.Done>(await broker.Wiring.Audit.AppendOwnActAsync(e, claims));
    }

    private PrincipalKeyRow KeyOf(TestCaller caller) => new()
    {
        Id = broker.Wiring.Ids.Next("key"),
        Principal = caller.Id,
        Kind = PrincipalKeyKind.Jwk,
        Material = caller.PublicKey.ToJson(),
        Thumbprint = caller.PublicKey.Thumbprint,
        NotBefore = broker.Now.AddMinutes(-1).ToMicros(),
        ExpiresAt = broker.Now.AddDays(90).ToMicros(),
        CreatedAt = broker.Now.ToMicros(),
    };

    private static Func<StoreTransaction, Task<ClaimFailure?>> KeyEffect(PrincipalKeyRow key) => async tx =>
    {
        await PrincipalKeyStore.InsertAsync(tx, key, key.Principal);
        return null;
    };
}
