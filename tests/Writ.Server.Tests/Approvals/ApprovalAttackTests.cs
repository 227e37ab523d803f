using Writ.Protocol;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Approvals;

/// <summary>An approval is for one exact thing, once, by somebody who may give it and has no hand in it.</summary>
public sealed class ApprovalAttackTests(ApprovalWorlds worlds) : IClassFixture<ApprovalWorlds>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Replayed_approval_is_refused(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        Assert.Equal(200, (await work.AskAsync(id)).Status);

        var again = await work.AskAsync(id);

        Assert.Equal((400, "invalid_grant", "approval_used"), (again.Status, again.Error, again.Code));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_uses_at_once_one_wins(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        work.Agent.TakeNonce();

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => work.AskAsync(id)));

        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Equal("approval_used", r.Code));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Approval_altered_by_any_parameter_is_none(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        var another = await work.World.TaskAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        var details = AuthorizationDetail.Of(
            [ActionName.Parse("orders:write")], [work.World.Orders.Uri], null, "order-17");
        (string, string)[][] alterations =
        [
            [("task", work.Task), ("scope", work.World.Grant("orders:read,orders:write"))],
            [("task", another.Id), ("scope", work.World.Grant("orders:write"))],
            [("task", work.Task), ("scope", work.World.Grant("orders:write")), ("may_act", work.World.Other.Id)],
            [("task", work.Task), ("authorization_details", Authority.Of([details]).ToJson())],
        ];

        foreach (var parameters in alterations)
        {
            var reply = await work.Agent.TokenAsync([.. parameters, ("approval", id)]);
            Assert.Equal((400, "approval_required"), StatusOf(reply));
            Assert.NotEqual(id, reply["approval"]);
        }

        Assert.Equal(200, (await work.AskAsync(id)).Status);
    }

    [Fact]
    public async Task Approval_for_one_key_is_none_for_another()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        var thief = work.Agent.WithAnotherKey();
        thief.TakeNonce();
        var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
        {
            Content = new FormUrlEncodedContent(work.Agent.Form(
                ("task", work.Task), ("scope", work.World.Grant("orders:write")), ("approval", id))),
        };
        request.Headers.Add("DPoP", thief.Proof("POST", "/oauth/token"));

        var stolen = await thief.SendAsync(request);

        Assert.Equal((400, "approval_required"), StatusOf(stolen));
        Assert.NotEqual(id, stolen["approval"]);
    }

    [Fact]
    public async Task Approval_of_one_agent_is_none_for_another()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var other = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);

        Assert.Equal("approval_required", (await other.AskAsync(id)).Code);
        Assert.Equal((403, "not_yours"), StatusOf(await other.Agent.GetAsync($"/v1/approvals/{id}")));
        var own = await other.Agent.GetAsync("/v1/approvals");
        Assert.DoesNotContain(id, own.Text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Who_has_a_hand_in_it_does_not_approve_it(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var (owner, opener) = (await w.ApproverAsync(), await w.ApproverAsync());
        var work = await w.AgentAsync(task => task with { OpenedBy = opener.Id });
        await w.Broker.Seed.ChangeAsync(work.Agent, row => row with { Owner = owner.Id });
        var id = await work.WishAsync();
        var heir = await w.ApproverAsync();

        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, owner)));
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, opener)));
        // Nor with another request held before it.
        var unrelated = await (await w.AgentAsync()).WishAsync();
        Assert.Equal((403, "own_request"), StatusOf(await ApprovalWorld.CallAsync(
            owner, $"/v1/approvals/{id}/approve", new { because = "mine" }, unrelated)));
        await w.Broker.Seed.ChangeAsync(work.Agent, row => row with { Owner = heir.Id });
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, heir)));
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id, owner)));
        Assert.Equal((403, "role_too_low"), StatusOf(await w.ApproveAsync(id, work.Agent)));
        Assert.Equal(200, (await w.ApproveAsync(id)).Status);
    }

    [Fact]
    public async Task Only_whom_the_policy_names_approves()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        var named = w.Staff.Stranger;
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        Assert.Equal((403, "not_an_approver"), StatusOf(await w.ApproveAsync(id, named)));
        Assert.Equal((403, "role_too_low"), StatusOf(await w.ApproveAsync(id, w.Staff.Viewer)));

        await w.PushAsync(ApprovalWorld.Policy($"[\"{named.Id}\"]"));
        id = await work.WishAsync();
        Assert.Equal((403, "not_an_approver"), StatusOf(await w.ApproveAsync(id)));
        Assert.Equal((403, "not_an_approver"), StatusOf(await w.ApproveAsync(id, w.Staff.Owner)));
        Assert.Contains(id, (await named.GetAsync("/v1/approvals")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await w.ApproveAsync(id, named)).Status);
        Assert.Equal(200, (await work.AskAsync(id)).Status);

        await w.PushAsync(ApprovalWorld.Policy("[\"role:owner\"]"));
        id = await work.WishAsync();
        Assert.Equal((403, "not_an_approver"), StatusOf(await w.ApproveAsync(id)));
        Assert.Equal(200, (await w.ApproveAsync(id, w.Staff.Owner)).Status);

        await w.PushAsync(ApprovalWorld.Policy("[]"));
        id = await work.WishAsync();
        Assert.Equal((403, "outside_team"), StatusOf(await w.ApproveAsync(id, named)));
        Assert.Equal(200, (await w.ApproveAsync(id)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Approval_under_another_policy_is_none(Engine engine)
    {
        await using var w = await ApprovalWorld.StartAsync(engine);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        await w.PushAsync(ApprovalWorld.Policy() + "\nunused := 1\n");

        var reply = await work.AskAsync(id);

        Assert.Equal((400, "approval_required"), StatusOf(reply));
        Assert.NotEqual(id, reply["approval"]);
    }

    [Theory]
    [InlineData(Engine.Sqlite, true)]
    [InlineData(Engine.Postgres, true)]
    [InlineData(Engine.Sqlite, false)]
    public async Task Approval_of_somebody_who_left_is_none(Engine engine, bool removed)
    {
        await using var w = await ApprovalWorld.StartAsync(engine);
        var approver = await w.ApproverAsync();
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        Assert.Equal(200, (await w.ApproveAsync(id, approver)).Status);
        var path = $"/v1/operators/{Staff.NameOf(approver)}";
        var left = removed
            ? await w.Staff.Owner.CallAsync(HttpMethod.Delete, path)
            : await w.Staff.Owner.CallAsync(HttpMethod.Patch, path, new { role = "viewer" });
        Assert.True(left.Status is 200 or 204, left.Text);

        var reply = await work.AskAsync(id);

        Assert.Equal((400, "approval_required"), StatusOf(reply));
        Assert.NotEqual(id, reply["approval"]);
        Assert.Equal("void", (await w.Staff.Operator.GetAsync($"/v1/approvals/{id}"))["status"]);
        await w.ApproveAsync(reply["approval"]!);
        Assert.Equal(200, (await work.AskAsync(reply["approval"])).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Flood_of_requests_is_bounded_for_each_caller(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        for (var n = 0; n < ApprovalStore.MostWaiting; n++)
        {
            var task = await work.World.TaskAsync();
            Assert.Equal("approval_required", (await (work with { Task = task.Id }).AskAsync()).Code);
        }

        var more = await work.AskAsync();
        var other = await (await w.AgentAsync()).AskAsync();

        Assert.Equal((429, "too_many_approvals"), StatusOf(more));
        Assert.Equal("approval_required", other.Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Approval_outlives_the_broker_and_its_use_outlives_an_answer_that_was_lost(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        string id;
        AgentAtWork work;
        FaultyDatabase? faulty = null;
        await using (var first = await TestBroker.StartAsync(store))
        {
            var w = await ApprovalWorld.OverAsync(first);
            work = await w.AgentAsync();
            id = await work.WishAsync();
            Assert.Equal(200, (await w.ApproveAsync(id)).Status);
        }
        await using var second = await TestBroker.StartAsync(store, wrap: db => faulty = new FaultyDatabase(db));
        var agent = work.Agent.At(second);
        agent.TakeNonce();
        (string, string)[] ask =
            [("task", work.Task), ("scope", work.World.Grant("orders:write")), ("approval", id)];

        faulty!.Fault = Fault.NotPersisted;
        Assert.Equal(503, (await agent.TokenAsync(ask)).Status);
        faulty.Fault = Fault.Persisted;
        Assert.Equal(503, (await agent.TokenAsync(ask)).Status);
        faulty.Fault = Fault.None;

        // It may have been handed out, for all that the store knows: a person is asked again.
        Assert.Equal("approval_used", (await agent.TokenAsync(ask)).Code);
    }

    [Fact]
    public async Task Approvals_of_a_backup_are_good_for_nothing()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);

        await w.Broker.Wiring.Database.WriteAsync(ApprovalStore.VoidAllAsync);

        Assert.NotEqual(id, await work.WishAsync());
        Assert.Equal("approval_required", (await work.AskAsync(id)).Code);
    }
}
