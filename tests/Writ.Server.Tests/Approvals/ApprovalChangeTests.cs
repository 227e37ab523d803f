using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Approvals;

/// <summary>Between the asking, the yes and the use things change: what counts is what is demanded now. And a no is not
/// asked away.</summary>
public sealed class ApprovalChangeTests(ApprovalWorlds worlds) : IClassFixture<ApprovalWorlds>
{
    /// <summary>At risk more people have to agree, or sooner.</summary>
    private const string Stricter = """
        package writ.rules.tested

        allow := true

        obligations contains {"require_approval": {
        	"approvers": approvers, "window_seconds": window, "because": "high impact",
        }} if input.action.name == "orders:write"

        default approvers := ["team:payments"]

        approvers := ["role:owner"] if {
        	some signal in input.context.risk.signals
        	signal.name == "owner"
        }

        default window := 300

        window := 30 if {
        	some signal in input.context.risk.signals
        	signal.name == "soon"
        }
        """;

    [Theory]
    [InlineData(Engine.Sqlite, "owner")]
    [InlineData(Engine.Postgres, "owner")]
    [InlineData(Engine.Sqlite, "soon")]
    public async Task Approval_of_less_than_the_policy_demands_now_does_not_suffice(Engine engine, string what)
    {
        await using var w = await ApprovalWorld.StartAsync(engine);
        await w.PushAsync(Stricter);
        var work = await w.AgentAsync(task => task with { Deadline = w.Broker.Now.AddHours(8).ToMicros() });
        var id = await work.WishAsync();
        Assert.Equal(200, (await w.ApproveAsync(id)).Status);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(40));
        var signal = await w.Staff.Owner.PostAsync(
            $"/v1/identities/{Staff.PathOf(work.Agent)}/signals", new { name = what, score = 10 });
        Assert.True(signal.Status == 200, signal.Text);

        var reply = await work.AskAsync(id);

        Assert.Equal((400, "approval_required"), StatusOf(reply));
        Assert.NotEqual(id, reply["approval"]);
        Assert.Equal(200, (await w.ApproveAsync(reply["approval"]!, w.Staff.Owner)).Status);
        Assert.Equal(200, (await work.AskAsync(reply["approval"])).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Resource_that_moved_to_another_team_takes_that_teams_yes(Engine engine)
    {
        await using var w = await ApprovalWorld.StartAsync(engine);
        await w.PushAsync(ApprovalWorld.Policy("[]"));
        var work = await w.AgentAsync();
        var approved = await work.WishAsync();
        Assert.Equal(200, (await w.ApproveAsync(approved)).Status);

        var moved = await w.Staff.Owner.CallAsync(
            HttpMethod.Patch, $"/v1/resources/{work.World.Orders.Name}", new { team = Staff.OtherTeam });
        Assert.True(moved.Status == 200, moved.Text);
        var reply = await work.AskAsync(approved);

        Assert.Equal((400, "approval_required"), StatusOf(reply));
        var id = reply["approval"]!;
        Assert.NotEqual(approved, id);
        Assert.Equal((403, "outside_team"), StatusOf(await w.ApproveAsync(id)));
        Assert.Equal(200, (await w.ApproveAsync(id, w.Staff.Stranger)).Status);
        Assert.Equal(200, (await work.AskAsync(id)).Status);
    }

    [Fact]
    public async Task Request_that_waits_for_the_wrong_people_gives_way_to_one_that_does_not()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        await w.PushAsync(ApprovalWorld.Policy("[]"));
        var work = await w.AgentAsync();
        var first = await work.WishAsync();
        await w.Staff.Owner.CallAsync(
            HttpMethod.Patch, $"/v1/resources/{work.World.Orders.Name}", new { team = Staff.OtherTeam });

        var second = await work.WishAsync();

        Assert.NotEqual(first, second);
        Assert.Equal("void", (await w.Staff.Owner.GetAsync($"/v1/approvals/{first}"))["status"]);
        Assert.Equal(second, await work.WishAsync());
    }

    [Fact]
    public async Task What_was_approved_by_somebody_whose_yes_suffices_no_longer_ends()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        var token = (await work.AskAsync(id)).AccessToken;

        await w.PushAsync(ApprovalWorld.Policy("[\"team:payments\", \"role:owner\"]"));
        await w.Broker.Wiring.Redecision.RunAsync();
        Assert.NotNull(w.Broker.Wiring.TokenCallers.ReadAny(token));
        await w.PushAsync(ApprovalWorld.Policy("[\"role:owner\"]"));
        await w.Broker.Wiring.Redecision.RunAsync();

        Assert.Null(w.Broker.Wiring.TokenCallers.ReadAny(token));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_holds_for_another_key_and_another_length_of_the_same(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        Assert.Equal(200, (await w.DenyAsync(id)).Status);
        var another = work.Agent.WithAnotherKey();
        another.TakeNonce();
        var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(work.Agent.Form(
                ("task", work.Task), ("scope", work.World.Grant("orders:write")))),
        };
        request.Headers.Add("DPoP", another.Proof("POST", "/oauth/token"));

        Assert.Equal((400, "approval_denied"), StatusOf(await another.SendAsync(request)));

        object Body(int seconds) => new
        {
            workflow = work.World.Workflow.Name,
            purpose = ApprovalWorld.Danger,
            deadline_seconds = seconds,
        };
        var asked = await work.Agent.PostAsync("/v1/tasks", Body(600));
        Assert.Equal(200, (await w.DenyAsync(asked["approval"]!)).Status);
        Assert.Equal((403, "approval_denied"), StatusOf(await work.Agent.PostAsync("/v1/tasks", Body(601))));
    }

    [Fact]
    public async Task Who_heard_no_again_and_again_asks_nobody_for_a_while()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        var work = await w.AgentAsync(task => task with { Deadline = w.Broker.Now.AddHours(8).ToMicros() });
        for (var n = 0; n < ApprovalStore.MostDenied; n++)
        {
            var task = await work.World.TaskAsync();
            Assert.Equal(200, (await w.DenyAsync(await (work with { Task = task.Id }).WishAsync())).Status);
        }

        Assert.Equal((400, "approval_denied"), StatusOf(await work.AskAsync()));
        Assert.Equal("approval_required", (await (await w.AgentAsync()).AskAsync()).Code);
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(61));
        await work.WishAsync();
    }
}
