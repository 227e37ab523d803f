using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Approvals;

/// <summary>A person's yes to one token, one task, one act: asked for, shown, given, used once, ended.</summary>
public sealed class ApprovalRoadTests(ApprovalWorlds worlds) : IClassFixture<ApprovalWorlds>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_waits_is_shown_is_approved_and_is_issued_once(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();

        var asked = await work.AskAsync();

        Assert.Equal((400, "authorization_pending", "approval_required"), (asked.Status, asked.Error, asked.Code));
        Assert.NotNull(asked["decision_id"]);
        Assert.Equal(5, asked.Json.GetProperty("interval").GetInt32());
        var id = asked["approval"]!;
        Assert.Equal($"{w.Broker.Issuer}/v1/approvals/{id}", asked["approval_uri"]);
        Assert.Equal("pending", (await work.Agent.GetAsync($"/v1/approvals/{id}"))["status"]);
        Assert.Equal("approval_required", (await work.AskAsync(id)).Code);

        var shown = (await w.Staff.Operator.GetAsync($"/v1/approvals/{id}")).Json;
        Assert.Equal(work.Agent.Id, shown.GetProperty("requester").GetString());
        var what = shown.GetProperty("asked");
        Assert.Equal(
            (await w.Broker.Seed.AuthorityAsync([work.World.Grant("orders:write")])).ToJson(),
            what.GetProperty("authorization_details").GetRawText());
        Assert.Equal(work.Task, what.GetProperty("task").GetProperty("id").GetString());
        var waiting = await w.Staff.Operator.GetAsync("/v1/approvals?status=pending&limit=500");
        Assert.Contains(id, waiting.Text, StringComparison.Ordinal);

        var approved = await w.ApproveAsync(id);
        Assert.True(approved.Status == 200, approved.Text);
        Assert.Equal("approved", (await work.Agent.GetAsync($"/v1/approvals/{id}"))["status"]);
        var token = await work.AskAsync(id);

        Assert.True(token.Status == 200, token.Text);
        Assert.InRange(token.Json.GetProperty("expires_in").GetInt64(), 1, ApprovalWorld.WindowSeconds);
        Assert.Equal("used", (await work.Agent.GetAsync($"/v1/approvals/{id}"))["status"]);
        var record = (await w.Broker.RecordsAsync())
            .Last(r => r.GetProperty("kind").GetString() == "token.issue" && r.TryGetProperty("jti", out _)
                && r.GetProperty("actor").GetString() == work.Agent.Id).GetProperty("detail");
        Assert.Equal(id, record.GetProperty("approval").GetString());
        Assert.Equal(w.Staff.Operator.Id, record.GetProperty("approved_by").GetString());
        var seen = JsonElement.Parse(record.GetProperty("policy_input").GetString()!).GetProperty("context");
        Assert.Equal(id, seen.GetProperty("approvals")[0].GetProperty("id").GetString());
        Assert.Equal(
            "store", seen.GetProperty("facts").GetProperty("approvals").GetProperty("source").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Same_request_is_one_request(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();

        string[] ids = [await work.WishAsync(), await work.WishAsync(), await work.WishAsync()];

        Assert.Single(ids.Distinct(StringComparer.Ordinal));
        await w.ApproveAsync(ids[0]);
        Assert.Equal(ids[0], await work.WishAsync()); // approved, and not used: that one is to be used
        Assert.Equal(200, (await work.AskAsync(ids[0])).Status);
        Assert.NotEqual(ids[0], await work.WishAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Task_waits_and_ends_with_the_window(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var work = await w.AgentAsync();
        var body = new { workflow = work.World.Workflow.Name, purpose = ApprovalWorld.Danger, deadline_seconds = 3600 };

        var asked = await work.Agent.PostAsync("/v1/tasks", body);
        Assert.Equal((403, "approval_required"), StatusOf(asked));
        var id = asked["approval"]!;
        await w.ApproveAsync(id);
        var longer = await ApprovalWorld.CallAsync(
            work.Agent, "/v1/tasks", new { body.workflow, body.purpose, deadline_seconds = 7200 }, id);
        var opened = await ApprovalWorld.CallAsync(work.Agent, "/v1/tasks", body, id);

        Assert.Equal((403, "approval_required"), StatusOf(longer));
        Assert.NotEqual(id, longer["approval"]);
        Assert.True(opened.Status == 201, opened.Text);
        Assert.True(DateTimeOffset.Parse(opened["deadline"]!, null) <= w.Broker.Now.AddSeconds(300), opened.Text);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Act_waits_and_is_done_once_as_it_was_approved(Engine engine)
    {
        var w = await worlds.OfAsync(engine);
        var approver = await w.ApproverAsync();
        var name = Seed.Name("ledger");
        object Body(string action) => new { name, uri = $"https://{name}.example", actions = new[] { action } };

        var asked = await w.Staff.Operator.PostAsync("/v1/resources", Body("ledger:read"));
        Assert.Equal((403, "approval_required"), StatusOf(asked));
        var id = asked["approval"]!;
        var shown = (await approver.GetAsync($"/v1/approvals/{id}")).Json.GetProperty("asked");
        Assert.Equal("ledger:read", shown.GetProperty("body").GetProperty("actions")[0].GetString());
        Assert.Equal("/v1/resources", shown.GetProperty("path").GetString());
        Assert.Equal((403, "own_request"), StatusOf(await w.ApproveAsync(id)));
        Assert.Equal(200, (await w.ApproveAsync(id, approver)).Status);

        var altered = await ApprovalWorld.CallAsync(w.Staff.Operator, "/v1/resources", Body("ledger:drop"), id);
        var another = await ApprovalWorld.CallAsync(w.Staff.Operator, "/v1/resources?x=1", Body("ledger:read"), id);
        var tried = await ApprovalWorld.CallAsync(
            w.Staff.Operator, "/v1/resources?dry_run=true", Body("ledger:read"), id);
        var done = await ApprovalWorld.CallAsync(w.Staff.Operator, "/v1/resources", Body("ledger:read"), id);
        var again = await ApprovalWorld.CallAsync(w.Staff.Operator, "/v1/resources", Body("ledger:read"), id);

        Assert.Equal((403, "approval_required"), StatusOf(altered));
        Assert.Equal((403, "approval_required"), StatusOf(another));
        Assert.Null(tried["approval"]); // who only asks whether asks nobody for a yes
        Assert.True(done.Status == 201, done.Text);
        Assert.Equal((403, "approval_used"), StatusOf(again));
    }

    [Fact]
    public async Task Malformed_call_hears_what_is_wrong_with_it_before_anybody_is_asked()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);

        var reply = await w.Staff.Operator.PostAsync("/v1/resources", new { name = "x y" });

        Assert.Equal((400, "invalid_request"), StatusOf(reply));
    }

    [Fact]
    public async Task Denial_is_told_and_the_same_is_not_asked_again_at_once()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();

        Assert.Equal(200, (await w.DenyAsync(id)).Status);
        var told = await work.AskAsync(id);
        var nagging = await work.AskAsync();

        Assert.Equal((400, "access_denied", "approval_denied"), (told.Status, told.Error, told.Code));
        Assert.Contains("not today", told.Text, StringComparison.Ordinal);
        Assert.Equal((400, "access_denied", "approval_denied"), (nagging.Status, nagging.Error, nagging.Code));
        Assert.Equal((409, "conflict"), StatusOf(await w.ApproveAsync(id)));
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(16));
        Assert.NotEqual(id, await work.WishAsync());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Request_and_approval_both_end(Engine engine)
    {
        await using var w = await ApprovalWorld.StartAsync(engine);
        var work = await w.AgentAsync(task => task with { Deadline = w.Broker.Now.AddHours(8).ToMicros() });
        var late = await work.WishAsync();
        await w.Broker.AdvanceAsync(TimeSpan.FromMinutes(61));

        Assert.Equal("approval_expired", (await work.AskAsync(late)).Code);
        Assert.Equal((409, "conflict"), StatusOf(await w.ApproveAsync(late)));
        var second = await work.WishAsync();
        Assert.NotEqual(late, second);
        Assert.Equal(200, (await w.ApproveAsync(second)).Status);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(ApprovalWorld.WindowSeconds + 1));
        var after = await work.AskAsync(second);

        Assert.Equal((400, "invalid_grant", "approval_expired"), (after.Status, after.Error, after.Code));
    }

    [Fact]
    public async Task What_was_obtained_dies_with_the_window_and_so_does_what_was_made_from_it()
    {
        await using var w = await ApprovalWorld.StartAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();
        await w.ApproveAsync(id);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(100));
        var token = await work.AskAsync(id, ("may_act", work.World.Other.Id)); // altered: the approval is for less
        Assert.Equal("approval_required", token.Code);
        token = await work.AskAsync(id);
        var end = w.Broker.Wiring.TokenCallers.ReadAny(token.AccessToken)!.ExpiresAt;

        var handedOn = await work.Agent.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", token.AccessToken),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", work.World.Grant("orders:write")));
        Assert.Equal("approval_required", handedOn.Code); // each hop is a token of its own
        await w.ApproveAsync(handedOn["approval"]!);
        handedOn = await work.Agent.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", token.AccessToken),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", work.World.Grant("orders:write")),
            ("approval", handedOn["approval"]!));

        Assert.True(handedOn.Status == 200, handedOn.Text);
        Assert.InRange(end, w.Broker.Now.AddSeconds(190), w.Broker.Now.AddSeconds(200));
        Assert.True(w.Broker.Wiring.TokenCallers.ReadAny(handedOn.AccessToken)!.ExpiresAt <= end);
        await w.Broker.AdvanceAsync(TimeSpan.FromSeconds(220));
        Assert.Null(w.Broker.Wiring.TokenCallers.ReadAny(token.AccessToken));
        Assert.Null(w.Broker.Wiring.TokenCallers.ReadAny(handedOn.AccessToken));
    }

    [Fact]
    public async Task Record_of_a_yes_holds_what_it_was_said_to()
    {
        var w = await worlds.OfAsync(Engine.Sqlite);
        var work = await w.AgentAsync();
        var id = await work.WishAsync();

        await w.ApproveAsync(id);

        var record = (await w.Broker.RecordsAsync())
            .Last(r => r.GetProperty("kind").GetString() == "approval.approve");
        Assert.Equal(w.Staff.Operator.Id, record.GetProperty("actor").GetString());
        Assert.Equal(work.Agent.Id, record.GetProperty("subject").GetString());
        var detail = record.GetProperty("detail");
        Assert.Equal((id, "looks right"), (
            detail.GetProperty("approval").GetString(), detail.GetProperty("because").GetString()));
        Assert.Contains("orders:write", detail.GetProperty("asked").GetString(), StringComparison.Ordinal);
        var wished = (await w.Broker.RecordsAsync())
            .Last(r => r.TryGetProperty("reason", out var why) && why.GetString() == "approval_required");
        Assert.Equal(
            detail.GetProperty("approval_digest").GetString(),
            wished.GetProperty("detail").GetProperty("approval_digest").GetString());
    }
}
