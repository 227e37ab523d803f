using System.Text.Json;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Policies;

/// <summary>/v1/policies: versions come into force compiled, tested and recorded, and go by one call.</summary>
public sealed class PolicyEndpointTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Pushed_version_decides_at_once_and_its_digest_is_in_the_record(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(200, (await TokenAsync(world, task.Id)).Status);

        var pushed = await owner.PushAsync(TestPolicies.Closed);

        Assert.True(pushed.Status == 201, pushed.Text);
        Assert.Equal(["closed"], Strings(pushed.Json.GetProperty("rules")));
        Assert.Contains("clearance", Strings(pushed.Json.GetProperty("rules_removed")));
        var refused = await TokenAsync(world, task.Id);
        Assert.Equal((400, "closed_today"), StatusOf(refused));
        var record = (await broker.RecordsAsync()).Last(r => r.GetProperty("kind").GetString() == "token.issue");
        Assert.Equal(pushed["digest"], record.GetProperty("detail").GetProperty("policy").GetString());
        Assert.Equal("closed", record.GetProperty("detail").GetProperty("policy_rules").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Rollback_brings_the_version_before_back(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await owner.PushAsync(TestPolicies.Closed)).Status);

        var back = await owner.PostAsync("/v1/policies/rollback", new { because = "too much" });

        Assert.True(back.Status == 200, back.Text);
        Assert.True(back.Json.GetProperty("shipped").GetBoolean());
        Assert.Equal(200, (await TokenAsync(world, task.Id)).Status);
        var turns = (await owner.GetAsync("/v1/policies")).Json.GetProperty("items").EnumerateArray().ToArray();
        Assert.Equal([2, 1], turns.Select(t => t.GetProperty("number").GetInt64()));
        var again = await owner.PostAsync("/v1/policies/rollback", new { });
        Assert.False(again.Json.GetProperty("shipped").GetBoolean());
        Assert.Equal((400, "closed_today"), StatusOf(await TokenAsync(world, task.Id)));
    }

    [Fact]
    public async Task Version_that_fails_its_own_tests_does_not_come_into_force()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");

        var reply = await owner.PushAsync(
            TestPolicies.Closed, ("closed_test.rego", "package writ.rules.closed_test\n\ntest_open if false\n"));

        Assert.Equal((400, "policy_tests_failed"), StatusOf(reply));
        Assert.Contains("test_open", reply.Text, StringComparison.Ordinal);
        Assert.Empty((await owner.GetAsync("/v1/policies")).Json.GetProperty("items").EnumerateArray());
    }

    [Theory]
    [InlineData("package writ.rules.a\n\nallow if", "a.rego:3")]
    [InlineData("package writ.rules.a\n\nallow if nowhere", "a.rego:3")]
    [InlineData("package a\n\nallow := true", "there is no rule")]
    public async Task What_does_not_compile_is_refused_with_its_place(string module, string place)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");

        var reply = await owner.PushAsync(module);

        Assert.Equal((400, "policy_invalid"), StatusOf(reply));
        Assert.Contains(place, reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_shows_where_it_came_from_and_reading_old_ones_leaves_the_live_one_ready()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var digests = new List<string>();
        for (var n = 0; n < 10; n++)
        {
            var module = $"package writ.rules.open\n\nallow := {n} == {n}\n";
            digests.Add((await owner.PushAsync(module))["digest"]!);
            await broker.AdvanceAsync(TimeSpan.FromMilliseconds(50));
        }
        var live = await broker.Wiring.Policies.FindAsync(digests[^1]);

        var shown = await Task.WhenAll(digests.Select(d => owner.GetAsync($"/v1/policies/{d}")));
        foreach (var digest in digests) await broker.Wiring.Policies.FindAsync(digest);

        Assert.All(shown, reply => Assert.Equal("a test", reply["source"]));
        Assert.Equal(owner.Id, shown[0]["pushed_by"]);
        Assert.Equal(["open"], Strings(shown[0].Json.GetProperty("rules")));
        Assert.Same(live, await broker.Wiring.Policies.FindAsync(digests[^1]));
        var turns = (await owner.GetAsync("/v1/policies")).Json.GetProperty("items").EnumerateArray();
        Assert.All(turns, turn => Assert.Equal("a test", turn.GetProperty("source").GetString()));
    }

    [Fact]
    public async Task Only_an_owner_of_the_trust_domain_changes_the_policy()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((403, "role_too_low"), StatusOf(await staff.Operator.PushAsync(TestPolicies.Closed)));
        Assert.Equal((403, "role_too_low"), StatusOf(await staff.Operator.PostAsync("/v1/policies/rollback", new { })));
        Assert.Equal(200, (await staff.Viewer.GetAsync("/v1/policies/live")).Status);
    }

    [Fact]
    public async Task Whoever_looked_at_another_version_does_not_replace_this_one()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        Assert.Equal(201, (await owner.PushAsync(TestPolicies.Closed)).Status);

        var late = await owner.PostAsync("/v1/policies", new
        {
            files = new[] { new { name = "a.rego", text = TestPolicies.Closed } },
            replaces = 0,
        });

        Assert.Equal((409, "conflict"), StatusOf(late));
    }

    [Fact]
    public async Task Stopping_an_agent_is_not_asked_of_the_policy()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = await owner.ManagementTokenAsync();
        Assert.Equal(201, (await owner.PushAsync("package writ.rules.no\n\nallow := false")).Status);

        Assert.Equal(403, (await owner.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
        Assert.Equal(200, (await owner.CallAsync(HttpMethod.Post, $"/v1/tasks/{task.Id}/end", new { }, token)).Status);
    }

    [Fact]
    public async Task Obligations_narrow_what_is_issued()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var details = (await broker.Seed.AuthorityAsync([world.Grant()])).ToJson();
        Assert.Equal(201, (await owner.PushAsync($$"""
            package writ.rules.narrow

            allow := true

            obligations contains {"max_lifetime_seconds": 60} if input.resource.type == "resource"

            obligations contains {"authorization_details": {{details}}} if input.resource.type == "resource"
            """)).Status);

        var reply = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:read,orders:write")));

        Assert.Equal(60, reply.Json.GetProperty("expires_in").GetInt64());
        Assert.Equal(details, reply.Json.GetProperty("authorization_details").GetRawText());
    }

    [Theory]
    [InlineData("""{"mask": {"classification": "internal", "how": "redact"}}""", "obligation_unknown")]
    [InlineData("""{"dance": true}""", "obligation_unknown")]
    [InlineData("""{"step_up": "mtls"}""", "step_up_required")]
    [InlineData("""{"step_up": "attestation"}""", "step_up_required")]
    [InlineData("""{"max_lifetime_seconds": "x"}""", "obligation_invalid")]
    public async Task Obligation_that_cannot_be_kept_refuses(string obligation, string code)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await owner.PushAsync($$"""
            package writ.rules.more

            allow := true

            obligations contains {{obligation}} if input.resource.type == "resource"
            """)).Status);

        Assert.Equal((400, code), StatusOf(await TokenAsync(world, task.Id)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Whoever_owns_the_host_opens_what_a_policy_locked(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        Assert.Equal(201, (await owner.PushAsync("package writ.rules.shut\n\nallow := false\n")).Status);
        var locked = await broker.Wiring.Registry.CurrentAsync();
        Assert.Equal(403, (await owner.PostAsync("/v1/policies/rollback", new { })).Status);

        var before = await broker.Wiring.PolicyReset.RunAsync();

        Assert.Equal(locked.PolicyTurn!.Digest, before);
        var listed = await owner.GetAsync("/v1/policies");
        Assert.Equal("writ", listed.Json.GetProperty("items")[0].GetProperty("by").GetString());
        var record = (await broker.RecordsAsync()).Single(r => r.GetProperty("kind").GetString() == "policy.rollback"
            && r.GetProperty("outcome").GetString() == "allow");
        Assert.Equal("writ", record.GetProperty("actor").GetString());
        Assert.Equal("reset", record.GetProperty("reason").GetString());
        Assert.Null(await broker.Wiring.PolicyReset.RunAsync()); // once is enough
    }

    private static Task<Reply> TokenAsync(TestWorld world, string task) =>
        world.Agent.TokenAsync(("task", task), ("scope", world.Grant()));

    private static string[] Strings(JsonElement array) =>
        [.. array.EnumerateArray().Select(item => item.GetString()!)];
}
