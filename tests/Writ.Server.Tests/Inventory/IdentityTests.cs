using System.Text.Json;

namespace Writ.Server.Tests.Inventory;

/// <summary>The register of identities: what it takes, what it refuses, what its changes do to what is alive.</summary>
public sealed class IdentityTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Registered_identity_is_shown_as_it_was_written_and_gets_tokens(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read orders:write");
        var name = Seed.Name("agent/billing");
        var agent = new TestCaller(broker, $"spiffe://example.org/{name}");

        var created = await staff.Operator.PostAsync("/v1/identities", new
        {
            name,
            kind = "agent",
            purpose = "Refunds",
            labels = new Dictionary<string, string> { ["env"] = "prod" },
            entitlements = new[] { $"orders:read@{orders.Name}" },
            implicit_task = true,
            keys = new[] { new { kind = "jwk", jwk = JsonElement.Parse(agent.PublicKey.ToJson()) } },
        });

        Assert.True(created.Status == 201, created.Text);
        var shown = (await staff.Viewer.GetAsync($"/v1/identities/{name}")).Json;
        Assert.Equal(agent.Id, shown.GetProperty("id").GetString());
        Assert.Equal(staff.Operator.Id, shown.GetProperty("owner").GetString());
        Assert.Equal(Staff.Team, shown.GetProperty("team").GetString());
        Assert.Equal("prod", shown.GetProperty("labels").GetProperty("env").GetString());
        var detail = shown.GetProperty("entitlements")[0];
        Assert.Equal(orders.Uri, detail.GetProperty("locations")[0].GetString());
        Assert.Equal("in_force", shown.GetProperty("keys")[0].GetProperty("state").GetString());
        Assert.Equal(200, (await agent.TokenAsync(("scope", $"orders:read@{orders.Name}"))).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task List_is_filtered_and_paged_without_gap_or_repetition(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var label = Seed.Name("batch");
        for (var i = 0; i < 5; i++)
            Assert.Equal(201, (await CreateAsync(staff.Operator, Seed.Name("agent/x"), new { batch = label })).Status);
        await CreateAsync(staff.Operator, Seed.Name("agent/x"), new { batch = $"{label}0" });

        var seen = new List<string>();
        for (string? after = null; ;)
        {
            var query = $"/v1/identities?label=batch:{label}&limit=2";
            var from = after is null ? "" : $"&after={Uri.EscapeDataString(after)}";
            var page = (await staff.Viewer.GetAsync(query + from)).Json;
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString()!));
            after = page.TryGetProperty("next", out var next) ? next.GetString() : null;
            if (after is null) break;
        }

        Assert.Equal(5, seen.Count);
        Assert.Equal(seen.Order(StringComparer.Ordinal), seen);
        Assert.Equal(5, seen.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("label=batch:%25")]
    [InlineData("label=b%25:x")]
    [InlineData("label=batch:x%22,%22a%22:%22b")]
    [InlineData("kind=%25")]
    [InlineData("owner=%25' OR 1=1 --")]
    [InlineData("team=payments&status=_ctive")]
    public async Task Filters_are_values_not_patterns(string query)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        await CreateAsync(staff.Operator, Seed.Name("agent/x"), new { batch = "x", a = "b" });

        var list = await staff.Viewer.GetAsync($"/v1/identities?{query}");

        Assert.Equal(0, list.Json.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData("limit=0", 1)]
    [InlineData("limit=-5", 1)]
    [InlineData("limit=99999999999999", 100)]
    [InlineData("limit=1e9", 100)]
    public async Task Paging_is_bounded_whatever_is_asked(string query, int most)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        for (var i = 0; i < 2; i++) await CreateAsync(staff.Operator, Seed.Name("agent/x"));

        var list = await staff.Viewer.GetAsync($"/v1/identities?{query}");

        Assert.InRange(list.Json.GetProperty("items").GetArrayLength(), 1, most);
    }

    [Theory]
    [InlineData("agent/../operator/eve")]
    [InlineData("operator/eve")]
    [InlineData("user/corp/eve")]
    [InlineData("agent/Billing")]
    [InlineData("agent/bil%6Cing")]
    [InlineData("agent//billing")]
    [InlineData("agent/billing/")]
    [InlineData("/agent/billing")]
    [InlineData("agent/billіng")] // a Cyrillic і
    [InlineData("agent/billing\u200b")]
    [InlineData("agent/billing/suspend")]
    [InlineData("agent/keys/x")]
    [InlineData("service_account/deceit")]
    [InlineData("a/b/c/d/e/f/g")]
    [InlineData("")]
    public async Task Name_that_could_deceive_is_refused(string name)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(await CreateAsync(staff.Owner, name)));
    }

    [Theory]
    [InlineData("spiffe://example.com/agent/billing")]
    [InlineData("spiffe://example.org")]
    [InlineData("SPIFFE://example.org/agent/billing")]
    [InlineData("https://example.org/agent/billing")]
    public async Task Id_of_another_domain_is_refused(string id)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        var reply = await staff.Owner.PostAsync("/v1/identities", new { id, kind = "agent", purpose = "x" });

        Assert.Equal((400, "invalid_request"), StatusOf(reply));
    }

    [Theory]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","purpose":"y"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","role":"owner"}""")]
    [InlineData("""{"name":"agent/x","kind":"robot","purpose":"x"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"a\u0007b"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"a\u202eb"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","team":"Payments"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","clearance":"cosmic"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","max_token_seconds":-1}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","max_token_seconds":99999999}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","expires_in_days":100000}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","expires_at":"2001-01-01T00:00:00Z"}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","labels":{"a\"b":"c"}}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","labels":{"a":"b\n"}}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","entitlements":["orders:read"]}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","entitlements":["identity:create@writ"]}""")]
    [InlineData("""{"name":"agent/x","kind":"agent","purpose":"x","entitlements":[7]}""")]
    [InlineData("""["agent/x"]""")]
    [InlineData("null")]
    public async Task Body_that_is_not_exactly_right_is_refused(string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Owner.PostAsync("/v1/identities", body)));
    }

    [Fact]
    public async Task Over_long_lists_are_refused()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");
        var many = Enumerable.Repeat($"orders:read@{orders.Name}", 600).ToArray();
        var labels = Enumerable.Range(0, 40).ToDictionary(i => $"l{i}", _ => "x");

        Assert.Equal(400, (await CreateAsync(staff.Owner, Seed.Name("agent/x"), labels)).Status);
        var entitled = new { name = Seed.Name("agent/x"), kind = "agent", purpose = "x", entitlements = many };
        Assert.Equal(400, (await staff.Owner.PostAsync("/v1/identities", entitled)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Entitlement_names_what_the_registry_knows(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");

        foreach (var grant in new[] { $"orders:erase@{orders.Name}", "orders:read@nowhere" })
        {
            var reply = await staff.Owner.PostAsync("/v1/identities", new
            {
                name = Seed.Name("agent/x"),
                kind = "agent",
                purpose = "x",
                entitlements = new[] { grant },
            });
            Assert.Equal((400, "invalid_request"), StatusOf(reply));
        }
        var issuer = new
        {
            type = "writ_access",
            actions = new[] { "identity:create" },
            locations = new[] { broker.Issuer },
        };
        Assert.Equal(400, (await staff.Owner.PostAsync("/v1/identities", new
        {
            name = Seed.Name("agent/x"),
            kind = "agent",
            purpose = "x",
            entitlements = new[] { issuer },
        })).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nobody_grants_what_is_another_teams(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var orders = await broker.Seed.ResourceAsync(Seed.Name("orders"), "orders:read");
        var body = new
        {
            name = Seed.Name("agent/x"),
            kind = "agent",
            purpose = "x",
            team = Staff.OtherTeam,
            entitlements = new[] { $"orders:read@{orders.Name}" },
        };

        Assert.Equal((403, "beyond_own_scope"), StatusOf(await staff.Stranger.PostAsync("/v1/identities", body)));
        Assert.Equal(201, (await staff.Owner.PostAsync("/v1/identities", body)).Status);
        var theirs = $"/v1/identities/{body.name}";
        // What the owner gave stays when the team's operator changes something else, and may be given back.
        Assert.Equal(200, (await PatchAsync(staff.Stranger, theirs, new { purpose = "y", body.entitlements })).Status);
        var nothing = new { entitlements = Array.Empty<string>() };
        Assert.Equal(200, (await PatchAsync(staff.Stranger, theirs, nothing)).Status);
        Assert.Equal("beyond_own_scope", (await PatchAsync(staff.Stranger, theirs, new { body.entitlements })).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Operator_of_a_team_neither_takes_nor_gives_identities_across_teams(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");
        await CreateAsync(staff.Operator, name);
        var path = $"/v1/identities/{name}";

        Assert.Equal("outside_team", (await PatchAsync(staff.Stranger, path, new { team = Staff.OtherTeam })).Code);
        Assert.Equal("outside_team", (await PatchAsync(staff.Operator, path, new { team = Staff.OtherTeam })).Code);
        Assert.Equal(200, (await PatchAsync(staff.Owner, path, new { team = Staff.OtherTeam })).Status);
        Assert.Equal("outside_team", (await PatchAsync(staff.Operator, path, new { purpose = "y" })).Code);
        Assert.Equal("outside_team", (await CreateAsync(
            staff.Operator, Seed.Name("agent/x"), team: Staff.OtherTeam)).Code);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Exception_needs_an_owner_and_leaves_its_own_record_and_finding(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");
        await CreateAsync(staff.Operator, name);
        var path = $"/v1/identities/{name}";

        Assert.Equal("role_too_low", (await PatchAsync(staff.Operator, path, new { bearer = true })).Code);
        Assert.Equal(403, (await PatchAsync(staff.Operator, path, new { max_token_seconds = 901 })).Status);
        Assert.Equal(200, (await PatchAsync(staff.Operator, path, new { max_token_seconds = 60 })).Status);
        var head = await broker.HeadAsync();
        var exception = new { bearer = true, max_token_seconds = 3600 };
        Assert.Equal(200, (await PatchAsync(staff.Owner, path, exception)).Status);

        var record = Assert.Single(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "identity.except");
        Assert.Equal("allow", record.GetProperty("outcome").GetString());
        var findings = $"/v1/findings?kind=bearer_exception&subject=spiffe://example.org/{name}&status=open";
        Assert.Equal(1, (await staff.Viewer.GetAsync(findings)).Json.GetProperty("items").GetArrayLength());
        // Less is no exception, and mends.
        var less = new { bearer = false, max_token_seconds = 1800 };
        Assert.Equal(200, (await PatchAsync(staff.Operator, path, less)).Status);
        Assert.Equal(0, (await staff.Viewer.GetAsync(findings)).Json.GetProperty("items").GetArrayLength());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_two_changes_to_one_version_the_second_conflicts(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");
        await CreateAsync(staff.Operator, name);
        var path = $"/v1/identities/{name}";

        Assert.Equal(200, (await PatchAsync(staff.Operator, path, new { purpose = "y", version = 1 })).Status);
        var late = await PatchAsync(staff.Operator, path, new { purpose = "z", version = 1 });
        Assert.Equal((409, "conflict"), StatusOf(late));
        Assert.Equal((409, "conflict"), StatusOf(await CreateAsync(staff.Operator, name)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Suspension_kills_tokens_and_ends_only_when_they_are_dead_everywhere(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.ManagementTokenAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";

        Assert.Equal(200, (await staff.Operator.PostAsync($"{path}/suspend", new { reason = "odd" })).Status);

        Assert.Equal(401, (await world.Agent.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
        Assert.NotEqual(200, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
        Assert.Equal((409, "too_soon"), StatusOf(await staff.Operator.PostAsync($"{path}/resume", new { })));
        await broker.AdvanceAsync(TimeSpan.FromSeconds(8));
        Assert.Equal(200, (await staff.Operator.PostAsync($"{path}/resume", new { })).Status);
        Assert.Equal(200, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
        Assert.Equal(401, (await world.Agent.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Decommissioning_is_final_and_revokes_all_but_history(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var path = $"/v1/identities/{Staff.PathOf(world.Agent)}";

        var reply = await staff.Operator.PostAsync($"{path}/decommission", new { });

        Assert.Equal("decommissioned", reply["status"]);
        var shown = (await staff.Viewer.GetAsync(path)).Json;
        var states = shown.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("state").GetString());
        Assert.All(states, state => Assert.Equal("revoked", state));
        Assert.Equal("cancelled", (await staff.Viewer.GetAsync($"/v1/tasks/{task.Id}"))["status"]);
        Assert.Equal(401, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
        foreach (var verb in new[] { "resume", "decommission" })
            Assert.Equal((409, "conflict"), StatusOf(await staff.Operator.PostAsync($"{path}/{verb}", new { })));
        Assert.Equal((409, "conflict"), StatusOf(await PatchAsync(staff.Operator, path, new { purpose = "again" })));
        Assert.Equal((409, "conflict"), StatusOf(await CreateAsync(staff.Operator, Staff.PathOf(world.Agent))));
    }

    [Theory]
    [InlineData("/v1/identities/agent/%2e%2e/operator/x")]
    [InlineData("/v1/identities/agent%2Fbilling")]
    [InlineData("/v1/identities/agent/x%00")]
    [InlineData("/v1/identities/agent/nobody")]
    [InlineData("/v1/identities/a/b/c/d/e/f/g/h")]
    public async Task Path_that_names_no_identity_is_not_found(string path)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.InRange((await staff.Owner.GetAsync(path)).Status, 400, 404);
    }

    [Fact]
    public async Task Operators_are_not_among_the_identities()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal(404, (await staff.Owner.GetAsync($"/v1/identities/{Staff.PathOf(staff.Viewer)}")).Status);
    }

    [Fact]
    public async Task Agent_learns_nothing_of_what_exists()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        var there = await world.Agent.GetAsync($"/v1/identities/{Staff.PathOf(world.Other)}");
        var not = await world.Agent.GetAsync("/v1/identities/agent/nobody");

        Assert.Equal((403, "role_too_low"), StatusOf(there));
        Assert.Equal(StatusOf(there), StatusOf(not));
    }

    [Fact]
    public async Task Owner_who_is_no_operator_is_a_finding()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var name = Seed.Name("agent/x");

        await staff.Operator.PostAsync(
            "/v1/identities", new { name, kind = "agent", purpose = "x", owner = "a@b.example" });

        var found = $"/v1/findings?kind=orphaned&subject=spiffe://example.org/{name}&status=open";
        Assert.Equal(1, (await staff.Viewer.GetAsync(found)).Json.GetProperty("items").GetArrayLength());
        await PatchAsync(staff.Operator, $"/v1/identities/{name}", new { owner = Staff.NameOf(staff.Viewer) });
        Assert.Equal(0, (await staff.Viewer.GetAsync(found)).Json.GetProperty("items").GetArrayLength());
    }

    internal static (int, string?) StatusOf(Reply reply) => (reply.Status, reply.Code);

    internal static Task<Reply> PatchAsync(TestCaller caller, string path, object body) =>
        caller.CallAsync(HttpMethod.Patch, path, body);

    internal static Task<Reply> CreateAsync(
        TestCaller caller, string name, object? labels = null, string? team = null) =>
        caller.PostAsync("/v1/identities", new { name, kind = "agent", purpose = "test", labels, team });
}
