using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Approvals;

/// <summary>A broker whose policy wants a person's yes to writing orders, to tasks for a dangerous purpose and to new
/// resources; and the people of <see cref="Staff"/>.</summary>
internal sealed class ApprovalWorld(TestBroker broker, Staff staff) : IAsyncDisposable
{
    public const int WindowSeconds = 300;
    public const string Danger = "danger";

    /// <summary>Only the approvers differ.</summary>
    public static string Policy(string approvers = "[\"team:payments\"]") => $$$"""
        package writ.rules.tested

        allow := true

        obligations contains {"require_approval": {
        	"approvers": {{{approvers}}},
        	"window_seconds": {{{WindowSeconds}}},
        	"because": "high impact",
        }} if wanted

        wanted if {
        	input.action.name == "orders:write"
        	input.context.request.kind == "token.issue"
        }

        wanted if {
        	input.context.request.kind == "task.start"
        	input.context.task.purpose == "danger"
        }

        wanted if input.action.name == "resource:create"
        """;

    public TestBroker Broker => broker;

    public Staff Staff => staff;

    public static async Task<ApprovalWorld> StartAsync(Engine engine) =>
        await OverAsync(await TestBroker.StartAsync(engine));

    public static async Task<ApprovalWorld> OverAsync(TestBroker broker)
    {
        var world = new ApprovalWorld(broker, await Staff.HireAsync(broker));
        await world.PushAsync(Policy());
        return world;
    }

    public async Task PushAsync(string policy)
    {
        var reply = await staff.Owner.PostAsync("/v1/policies", new
        {
            files = new[] { new { name = "tested.rego", text = policy } },
        });
        Assert.True(reply.Status == 201, reply.Text);
    }

    /// <summary>An agent that may write orders, and a task of it.</summary>
    public async Task<AgentAtWork> AgentAsync(Func<TaskRow, TaskRow>? change = null)
    {
        var world = await broker.Seed.WorldAsync();
        return new AgentAtWork(world, (await world.TaskAsync(change)).Id);
    }

    /// <summary>Somebody of the team that the policy names.</summary>
    public Task<TestCaller> ApproverAsync() =>
        broker.Seed.OperatorAsync(Seed.Name("approver"), OperatorRole.Operator, Staff.Team);

    public Task<Reply> ApproveAsync(string id, TestCaller? by = null) =>
        (by ?? staff.Operator).PostAsync($"/v1/approvals/{id}/approve", new { because = "looks right" });

    public Task<Reply> DenyAsync(string id) =>
        staff.Operator.PostAsync($"/v1/approvals/{id}/deny", new { because = "not today" });

    /// <summary>A management call that names an approval.</summary>
    public static async Task<Reply> CallAsync(TestCaller who, string path, object body, string? approval)
    {
        var token = await who.ManagementTokenAsync();
        who.TakeNonce();
        var json = JsonSerializer.Serialize(body, Answers.Json);
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        var query = path.IndexOf('?', StringComparison.Ordinal);
        request.Headers.Add("Authorization", $"DPoP {token}");
        request.Headers.Add("DPoP", who.Proof("POST", query < 0 ? path : path[..query], token));
        if (approval is not null) request.Headers.Add("Writ-Approval", approval);
        return await who.SendAsync(request);
    }

    public ValueTask DisposeAsync() => broker.DisposeAsync();
}

/// <summary>An agent with an open task that may write orders, once somebody approves it.</summary>
internal sealed record AgentAtWork(TestWorld World, string Task)
{
    public TestCaller Agent => World.Agent;

    /// <summary>Asks for a token to write orders.</summary>
    public Task<Reply> AskAsync(string? approval = null, params (string, string)[] more) => Agent.TokenAsync(
        [("task", Task), ("scope", World.Grant("orders:write")), ("approval", approval ?? ""), .. more]);

    /// <summary>Asks, and is told to wait; answers which approval for.</summary>
    public async Task<string> WishAsync()
    {
        var reply = await AskAsync();
        Assert.True((reply.Status, reply.Code) == (400, "approval_required"), reply.Text);
        return reply["approval"]!;
    }
}

/// <summary>As <see cref="SharedBrokers"/>, with the policy in force.</summary>
public sealed class ApprovalWorlds : IAsyncDisposable
{
    private readonly ConcurrentDictionary<Engine, Lazy<Task<ApprovalWorld>>> _worlds = new();

    internal Task<ApprovalWorld> OfAsync(Engine engine) =>
        _worlds.GetOrAdd(engine, e => new Lazy<Task<ApprovalWorld>>(() => ApprovalWorld.StartAsync(e))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var world in _worlds.Values) await (await world.Value).DisposeAsync();
    }
}
