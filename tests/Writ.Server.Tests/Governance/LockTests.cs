using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Governance;

/// <summary>The lock: suspended and revoked at once.</summary>
public sealed class LockTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Locked_identity_has_nothing_left(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var token = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;

        var locked = await LockAsync(staff.Operator, new { identity = Staff.PathOf(world.Agent), reason = "odd" });

        Assert.True(locked.Status == 201, locked.Text);
        Assert.Null(broker.Wiring.TokenCallers.ReadAny(token));
        Assert.Equal("cancelled", (await staff.Viewer.GetAsync($"/v1/tasks/{task.Id}"))["status"]);
        var shown = await staff.Viewer.GetAsync($"/v1/identities/{Staff.PathOf(world.Agent)}");
        Assert.Equal("suspended", shown["status"]);
        Assert.NotEqual(200, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
        Assert.Equal(staff.Operator.Id, shown.Json.GetProperty("suspended").GetProperty("by").GetString());
        Assert.Equal("odd", shown.Json.GetProperty("suspended").GetProperty("because").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Second_lock_says_that_it_was_stopped_before_and_puts_nothing_off(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var body = new { identity = world.Agent.Id, reason = "odd" };
        Assert.Equal(201, (await LockAsync(staff.Operator, body)).Status);
        await broker.AdvanceAsync(TimeSpan.FromSeconds(10)); // its tokens of before are dead on every clock

        var again = await LockAsync(staff.Operator, body);
        var resumed = await staff.Operator.PostAsync($"/v1/identities/{Staff.PathOf(world.Agent)}/resume", new { });

        Assert.Equal(200, again.Status);
        Assert.Equal(world.Agent.Id, again.Json.GetProperty("stopped_before")[0].GetString());
        Assert.True(resumed.Status == 200, resumed.Text);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Lock_of_a_team_leaves_a_record_with_each_identity_that_it_stopped(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        await LockAsync(staff.Operator, new { identity = world.Other.Id, reason = "first" });
        var head = await broker.HeadAsync();

        var locked = await LockAsync(staff.Operator, new { team = Staff.Team, reason = "breach" });

        var records = await broker.RecordsAsync(head);
        var whole = records.Single(r => r.GetProperty("kind").GetString() == "lock.create");
        var each = records.Single(r => r.GetProperty("kind").GetString() == "identity.lock");
        Assert.Equal(world.Agent.Id, each.GetProperty("subject").GetString());
        Assert.Equal(staff.Operator.Id, each.GetProperty("actor").GetString());
        Assert.Equal("breach", each.GetProperty("detail").GetProperty("because").GetString());
        Assert.Equal(
            whole.GetProperty("decision_id").GetString(), each.GetProperty("decision_id").GetString());
        Assert.Equal(world.Other.Id, locked.Json.GetProperty("stopped_before")[0].GetString());
        var listed = await staff.Operator.GetAsync($"/v1/records?identity={Uri.EscapeDataString(world.Agent.Id)}");
        Assert.Contains("identity.lock", listed.Text, StringComparison.Ordinal);
        var shown = await staff.Viewer.GetAsync($"/v1/identities/{Staff.PathOf(world.Agent)}");
        Assert.Equal("breach", shown.Json.GetProperty("suspended").GetProperty("because").GetString());
    }

    [Fact]
    public async Task Lock_that_is_refused_leaves_no_record_of_a_stop()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var head = await broker.HeadAsync();

        await LockAsync(staff.Owner, new { team = Seed.Name("team"), reason = "odd" });

        Assert.DoesNotContain(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "identity.lock");
    }

    [Fact]
    public async Task Task_that_had_ended_is_recorded_so()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        Assert.Equal(201, (await LockAsync(staff.Operator, new { task = task.Id, reason = "odd" })).Status);
        Assert.Equal(200, (await LockAsync(staff.Operator, new { task = task.Id, reason = "odd" })).Status);
        var head = await broker.HeadAsync();

        var ended = await world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { });

        Assert.Equal("cancelled", ended["status"]);
        var record = (await broker.RecordsAsync(head)).Single(r => r.GetProperty("kind").GetString() == "task.end");
        Assert.Equal("already_ended", record.GetProperty("reason").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Locked_task_ends_with_all_below_it_and_its_agent_works_on(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var child = await world.TaskAsync(t => t with { Parent = task.Id, Ancestors = task.Id });

        Assert.Equal("outside_team", (await LockAsync(staff.Stranger, new { task = task.Id, reason = "odd" })).Code);
        Assert.Equal(201, (await LockAsync(staff.Operator, new { task = task.Id, reason = "odd" })).Status);

        Assert.Equal("cancelled", (await staff.Viewer.GetAsync($"/v1/tasks/{child.Id}"))["status"]);
        Assert.Equal(200, (await world.Agent.TokenAsync(("resource", broker.Issuer))).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Lock_of_an_owner_stops_what_the_caller_may_stop(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var (mine, theirs) = (Seed.Name("agent/x"), Seed.Name("agent/x"));
        await CreateAsync(staff.Owner, mine, team: Staff.Team);
        await CreateAsync(staff.Owner, theirs, team: Staff.OtherTeam);
        var owner = Staff.NameOf(staff.Owner);

        var byTeam = await LockAsync(staff.Operator, new { owner, reason = "gone rogue" });
        Assert.Equal(1, byTeam.Json.GetProperty("identities").GetArrayLength());
        Assert.EndsWith($" in team {Staff.Team}", byTeam["target"], StringComparison.Ordinal);
        Assert.Equal("active", (await staff.Owner.GetAsync($"/v1/identities/{theirs}"))["status"]);

        var byDomain = await LockAsync(staff.Owner, new { owner, reason = "gone rogue" });
        Assert.Equal(2, byDomain.Json.GetProperty("identities").GetArrayLength());
        Assert.Equal("suspended", (await staff.Owner.GetAsync($"/v1/identities/{theirs}"))["status"]);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Lock_of_a_team_is_for_those_who_govern_it(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var body = new { team = Staff.Team, reason = "breach" };

        Assert.Equal("outside_team", (await LockAsync(staff.Stranger, body)).Code);
        Assert.Equal((403, "role_too_low"), StatusOf(await LockAsync(staff.Viewer, body)));
        Assert.Equal((403, "role_too_low"), StatusOf(await LockAsync(world.Agent, body)));
        var locked = await LockAsync(staff.Operator, body);

        Assert.Equal(2, locked.Json.GetProperty("identities").GetArrayLength());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Lock_that_stops_nothing_says_so(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        object[] bodies =
        [
            new { owner = Seed.Name("nobody"), reason = "odd" },
            new { owner = "a@b.example", reason = "odd" },
            new { team = Seed.Name("team"), reason = "odd" },
            new { identity = Seed.Name("agent/x"), reason = "odd" },
            new { identity = "spiffe://elsewhere.example/agent/x", reason = "odd" },
            new { task = "task_none", reason = "odd" },
        ];
        foreach (var body in bodies)
            await Attempt.IsRefusedAsync(broker, () => LockAsync(staff.Owner, body), 404, "not_found");
    }

    [Fact]
    public async Task Reason_in_words_is_a_detail_of_the_record()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var head = await broker.HeadAsync();

        await LockAsync(staff.Operator, new { identity = world.Agent.Id, reason = "it talks to strangers" });

        var record = (await broker.RecordsAsync(head))
            .Single(r => r.GetProperty("kind").GetString() == "lock.create");
        Assert.False(record.TryGetProperty("reason", out _));
        Assert.Equal("it talks to strangers", record.GetProperty("detail").GetProperty("because").GetString());
    }

    [Theory]
    [InlineData("""{"reason":"x"}""")]
    [InlineData("""{"team":"payments"}""")]
    [InlineData("""{"team":"payments","task":"task_x","reason":"x"}""")]
    [InlineData("""{"everything":true,"reason":"x"}""")]
    public async Task Lock_names_one_thing_and_a_reason(string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Owner.PostAsync("/v1/locks", body)));
    }

    private static Task<Reply> LockAsync(TestCaller caller, object body) => caller.PostAsync("/v1/locks", body);
}
