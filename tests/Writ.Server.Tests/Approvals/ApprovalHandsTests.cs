using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Approvals;

/// <summary>Nobody gets an approval alone: whoever has the agent in hand, or anybody else who acts in what is asked, is
/// no second person.</summary>
public sealed class ApprovalHandsTests(ApprovalWorlds worlds) : IClassFixture<ApprovalWorlds>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Who_gave_the_agent_a_key_does_not_approve_what_it_asks(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        var early = await work.WishAsync();

        var hers = await AddKeyAsync(w, ann, work.Agent.Id);
        var id = await (work with { World = work.World with { Agent = hers } }).WishAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(early, ann)));
        Assert.Equal(200, (await w.ApproveAsync(early)).Status);
    }

    [Fact]
    public async Task Nor_by_a_key_that_was_added_with_hers()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        var hers = await AddKeyAsync(w, ann, work.Agent.Id);
        var next = await AddKeyAsync(w, hers, work.Agent.Id);
        foreach (var key in new[] { work.Agent, hers })
            await RevokeAsync(w, key);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(10));

        var id = await (work with { World = work.World with { Agent = next } }).WishAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
        // Another one lets it begin anew.
        var clean = await AddKeyAsync(w, w.Staff.Owner, work.Agent.Id);
        await RevokeAsync(w, next);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(10));
        id = await (work with { World = work.World with { Agent = clean } }).WishAsync();
        Assert.Equal(200, (await w.ApproveAsync(id, ann)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Approval_is_none_once_its_giver_has_a_hand_in_it(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        Assert.Equal(200, (await w.ApproveAsync(id, ann)).Status);

        await AddKeyAsync(w, ann, work.Agent.Id);
        var reply = await work.AskAsync(id);

        Assert.Equal((400, "approval_required"), StatusOf(reply));
        Assert.NotEqual(id, reply["approval"]);
    }

    [Fact]
    public async Task Who_registered_it_for_somebody_else_does_not_approve()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var ann = await w.ApproverAsync();
        var world = await w.Broker.Seed.WorldAsync();
        var agent = new TestCaller(w.Broker, $"spiffe://example.org/{Seed.Name("agent/hers")}");
        var made = await ann.PostAsync("/v1/identities", new
        {
            id = agent.Id,
            kind = "agent",
            purpose = "test",
            owner = "somebody",
            entitlements = new[] { world.Grant("orders:write") },
            keys = new[] { new { kind = "jwk", jwk = JsonElement.Parse(agent.PublicKey.ToJson()) } },
        });
        Assert.True(made.Status == 201, made.Text);
        var workflow = await w.Broker.Seed.WorkflowAsync(Seed.Name("w"), [agent], [world.Grant("orders:write")]);
        var task = await w.Broker.Seed.TaskAsync(agent, workflow);

        var id = await new AgentAtWork(world with { Agent = agent, Workflow = workflow }, task.Id).WishAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
        Assert.Equal(200, (await w.ApproveAsync(id)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Who_gave_it_away_does_not_approve(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        await w.Broker.Seed.ChangeAsync(work.Agent, row => row with { Owner = ann.Id });
        var given = await ann.CallAsync(
            HttpMethod.Patch, $"/v1/identities/{Staff.PathOf(work.Agent)}", new { owner = "somebody" });
        Assert.True(given.Status == 200, given.Text);

        var id = await work.WishAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
    }

    [Fact]
    public async Task Whose_agent_handed_the_token_on_does_not_approve()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var (ann, keeper) = (await w.ApproverAsync(), await w.ApproverAsync());
        var work = await w.AgentAsync();
        var (front, back) = (work.World.Agent, work.World.Other);
        await w.Broker.Seed.ChangeAsync(front, row => row with { Owner = ann.Id });
        await w.Broker.Seed.ChangeAsync(
            back, row => row with { Owner = keeper.Id, Entitlements = Entitlements(work.World) });
        var first = await work.AskAsync(null, ("may_act", back.Id));
        await w.ApproveAsync(first["approval"]!);
        var token = await work.AskAsync(first["approval"], ("may_act", back.Id));

        var asked = await back.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", token.AccessToken),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", work.World.Grant("orders:write")));

        Assert.True(asked.Code == "approval_required", asked.Text);
        foreach (var hand in new[] { ann, keeper })
            Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(asked["approval"]!, hand)));
        Assert.Equal(200, (await w.ApproveAsync(asked["approval"]!)).Status);
    }

    [Fact]
    public async Task Who_opened_a_task_above_does_not_approve_nor_whose_agent_did()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var (olaf, ann) = (await w.ApproverAsync(), await w.ApproverAsync());
        var work = await w.AgentAsync(task => task with { OpenedBy = olaf.Id });
        await w.Broker.Seed.ChangeAsync(work.World.Other, row => row with { Owner = ann.Id });
        var child = await work.World.TaskAsync(
            task => task with { Parent = work.Task, Ancestors = work.Task, OpenedBy = work.World.Other.Id });

        var id = await (work with { Task = child.Id }).WishAsync();
        var body = new
        {
            workflow = work.World.Workflow.Name,
            purpose = ApprovalWorld.Danger,
            parent = work.Task,
        };
        var below = await work.Agent.PostAsync("/v1/tasks", body);

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, olaf)));
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, ann)));
        Assert.True(below.Code == "approval_required", below.Text);
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(below["approval"]!, olaf)));
    }

    [Fact]
    public async Task Owner_of_the_agent_for_whom_somebody_opens_a_task_does_not_approve()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var ann = await w.ApproverAsync();
        var work = await w.AgentAsync();
        await w.Broker.Seed.ChangeAsync(work.Agent, row => row with { Owner = ann.Id });

        var asked = await w.Staff.Owner.PostAsync("/v1/tasks", new
        {
            workflow = work.World.Workflow.Name,
            purpose = ApprovalWorld.Danger,
            agent = work.Agent.Id,
        });

        Assert.True(asked.Code == "approval_required", asked.Text);
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(asked["approval"]!, ann)));
        Assert.Equal(200, (await w.ApproveAsync(asked["approval"]!)).Status);
    }

    [Fact]
    public async Task Who_let_an_operator_in_does_not_approve_what_that_one_asks()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var name = Seed.Name("puppet");
        var code = await w.Staff.Owner.PostAsync(
            "/v1/operators/enrolments", new { name, role = OperatorRole.Operator, team = Staff.Team });
        var puppet = new TestCaller(w.Broker, $"spiffe://example.org/operator/{name}");
        var let = await Governance.BootstrapTests.EnrolAsync(w.Broker, puppet, code["code"]!, name);
        Assert.True(let.Status == 201, let.Text);
        var resource = Seed.Name("ledger");

        var asked = await puppet.PostAsync("/v1/resources", new
        {
            name = resource,
            uri = $"https://{resource}.example",
            actions = new[] { "ledger:read" },
        });

        Assert.True(asked.Code == "approval_required", asked.Text);
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(asked["approval"]!, w.Staff.Owner)));
        Assert.Equal(200, (await w.ApproveAsync(asked["approval"]!)).Status);
    }

    private static string Entitlements(TestWorld world) => Authority.Of(
        [AuthorizationDetail.Of(
            [ActionName.Parse("orders:read"), ActionName.Parse("orders:write")], [world.Orders.Uri])]).ToJson();

    /// <summary>A key for an identity that somebody made and holds.</summary>
    private static async Task<TestCaller> AddKeyAsync(ApprovalWorld w, TestCaller by, string identity)
    {
        var holder = new TestCaller(w.Broker, identity);
        var added = await by.PostAsync(
            $"/v1/identities/{Staff.PathOf(holder)}/keys",
            new { kind = "jwk", jwk = JsonElement.Parse(holder.PublicKey.ToJson()) });
        Assert.True(added.Status == 201, added.Text);
        return holder;
    }

    private static async Task RevokeAsync(ApprovalWorld w, TestCaller key)
    {
        var path = $"/v1/identities/{Staff.PathOf(key)}";
        var id = (await w.Staff.Owner.GetAsync(path)).Json.GetProperty("keys").EnumerateArray()
            .Single(k => k.GetProperty("thumbprint").GetString() == key.PublicKey.Thumbprint)
            .GetProperty("id").GetString();
        Assert.Equal(204, (await w.Staff.Owner.CallAsync(HttpMethod.Delete, $"{path}/keys/{id}")).Status);
    }
}
