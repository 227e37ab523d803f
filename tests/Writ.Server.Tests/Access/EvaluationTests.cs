using static Writ.Server.Tests.Access.Asking;

namespace Writ.Server.Tests.Access;

/// <summary>POST /access/v1/evaluation: what is decided, on which facts, and what is kept of it.</summary>
public sealed class EvaluationTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Entitled_subject_is_allowed_and_the_answer_is_a_record(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.AskAsync(Question(world.Agent, "orders:read", world.Orders.Name));

        Assert.Equal((true, null), DecisionOf(reply));
        var record = await RecordAsync(broker);
        Assert.Equal("allow", record.GetProperty("outcome").GetString());
        Assert.Equal(ContextOf(reply)["id"], record.GetProperty("decision_id").GetString());
        Assert.Equal(world.Agent.Id, record.GetProperty("subject").GetString());
        Assert.True(record.GetProperty("detail").TryGetProperty("policy", out _));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_is_an_answer_with_its_reason_and_a_record(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.AskAsync(Question(world.Agent, "orders:delete", world.Orders.Uri));

        Assert.Equal((false, "not_entitled"), DecisionOf(reply));
        var context = reply.Json.GetProperty("context");
        Assert.Contains("orders:delete", context.GetProperty("reason_admin").GetProperty("403").GetString()!,
            StringComparison.Ordinal);
        Assert.DoesNotContain("orders", context.GetProperty("reason_user").GetProperty("403").GetString()!,
            StringComparison.Ordinal);
        var record = await RecordAsync(broker);
        Assert.Equal("deny", record.GetProperty("outcome").GetString());
        Assert.Equal("not_entitled", record.GetProperty("reason").GetString());
        Assert.Equal("orders:delete", record.GetProperty("detail").GetProperty("action").GetString());
    }

    [Fact]
    public async Task Whoever_is_suspended_is_allowed_nothing()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var question = Question(world.Agent, "orders:read", world.Orders.Name);
        Assert.Equal((true, null), DecisionOf(await world.Other.AskAsync(question)));

        await broker.Seed.ChangeAsync(world.Agent, row => row with { Status = "suspended" });

        Assert.Equal((false, "identity_not_active"), DecisionOf(await world.Other.AskAsync(question)));
    }

    [Fact]
    public async Task What_the_caller_says_never_becomes_a_fact()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var secrets = await broker.Seed.ResourceAsync("secrets", "orders:read", "restricted");
        var agent = await broker.Seed.IdentityAsync(
            "agent/low", ["orders:read@secrets"], row => row with { Clearance = "internal" });

        var reply = await agent.AskAsync(new
        {
            subject = new
            {
                type = "operator",
                id = agent.Id,
                properties = new { clearance = "restricted", clearance_rank = 3, owner = agent.Id, role = "owner" },
            },
            action = new { name = "orders:read", properties = new { verb = "nothing" } },
            resource = new
            {
                type = "resource",
                id = secrets.Name,
                properties = new { classification = "public", classification_rank = 0, owner = agent.Id },
            },
            context = new { risk = new { score = -5 }, facts = new { subject = new { source = "registry" } } },
        });

        Assert.Equal((false, "not_cleared"), DecisionOf(reply));
        await (await broker.Seed.OperatorAsync("owner")).PushAsync("allow := false");
        await broker.Seed.ChangeAsync(agent, row => row with { Clearance = "restricted" });
        await agent.AskAsync(Question(agent, "orders:read", "secrets", new { risk = new { score = -5 } }));
        var input = InputOf(await RecordAsync(broker));
        Assert.Equal("agent", input.GetProperty("subject").GetProperty("type").GetString());
        Assert.Equal("restricted", input.GetProperty("asked")[0].GetProperty("resource")
            .GetProperty("properties").GetProperty("classification").GetString());
        var context = input.GetProperty("context");
        Assert.Equal(0, context.GetProperty("risk").GetProperty("score").GetInt32());
        Assert.Equal(-5, context.GetProperty("caller").GetProperty("context").GetProperty("risk")
            .GetProperty("score").GetInt32());
        Assert.Equal("registry", context.GetProperty("facts").GetProperty("subject").GetProperty("source").GetString());
        Assert.False(context.TryGetProperty("binding", out _)); // the asking side's, and no fact about the subject
        Assert.False(context.TryGetProperty("network", out _));
    }

    [Theory]
    [InlineData("writ", "anything")]
    [InlineData("resource", "ISSUER")]
    public async Task Management_is_not_asked_about(string type, string id)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        await owner.PushAsync("allow := true");

        var reply = await owner.AskAsync(new
        {
            subject = new { type = "user", id = "rick" },
            action = new { name = "identity:create" },
            resource = new { type, id = id == "ISSUER" ? broker.Issuer : id },
        });

        Assert.Equal((false, "management_not_asked"), DecisionOf(reply));
    }

    [Fact]
    public async Task Shipped_policy_refuses_whom_nobody_registered()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");

        var reply = await owner.AskAsync(Unregistered());

        Assert.False(DecisionOf(reply).Decision);
        var reasons = reply.Json.GetProperty("context").GetProperty("reasons").EnumerateArray()
            .Select(r => r.GetString());
        Assert.Contains("subject_unknown", reasons);
    }

    [Fact]
    public async Task Free_context_reaches_the_policy_whole_as_what_a_caller_says()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var api = await broker.Seed.IdentityAsync("workload/todo", [], row => row with { Kind = "workload" });
        await owner.PushAsync($$"""
            default allow := false

            allow if input.resource.type == "writ"

            allow if {
            	input.context.facts.subject.source == "caller"
            	input.context.facts.resource.source == "caller"
            	input.context.request.asked_by == "{{api.Id}}"
            	input.subject.properties.department == "science"
            	input.resource.properties.owner == input.subject.id
            	input.context.caller.context.deep.list[1].b == null
            	not input.context.risk
            }
            """);

        var reply = await api.AskAsync(
            """
            {"subject":{"type":"user","id":"rick","properties":{"department":"science"}},"action":{"name":"can_read"},
             "resource":{"type":"todo","id":"1","properties":{"owner":"rick"}},
             "context":{"deep":{"list":[1,{"b":null}]}}}
            """);

        Assert.Equal((true, null), DecisionOf(reply));
        Assert.Equal((false, "policy_tested"), DecisionOf(await api.AskAsync(Unregistered())));
    }

    [Theory]
    [InlineData("""{"mask": {"classification": "internal", "how": "redact"}}""", "mask")]
    [InlineData("""{"require_approval": {"window_seconds": 60}}""", "require_approval")]
    [InlineData("""{"step_up": "dpop"}""", "step_up")]
    [InlineData("""{"max_lifetime_seconds": 60}""", "max_lifetime_seconds")]
    public async Task Obligation_is_for_the_asking_side_or_refuses(string obligation, string name)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var owner = await broker.Seed.OperatorAsync("owner");
        await owner.PushAsync(
            $"allow := true\n\nobligations contains {obligation} if input.context.request.kind == \"access\"");

        var without = await world.Agent.AskAsync(Question(world.Agent, "orders:read", world.Orders.Name));
        var with = await world.Agent.AskAsync(Question(
            world.Agent, "orders:read", world.Orders.Name, new { honours = new[] { "other", name } }));

        Assert.Equal((false, "obligation_unknown"), DecisionOf(without));
        Assert.Equal((true, null), DecisionOf(with));
        Assert.True(with.Json.GetProperty("context").GetProperty("obligations")[0].TryGetProperty(name, out _));
    }

    [Fact]
    public async Task Part_of_a_resource_is_asked_about_as_entitlements_name_it()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var orders = await broker.Seed.ResourceAsync("orders", "orders:read");
        var agent = await broker.Seed.IdentityAsync("agent/one", [], row => row with
        {
            Entitlements = $$"""
                [{"type":"writ_access","actions":["orders:read"],"locations":["{{orders.Uri}}"],"identifier":"17"}]
                """,
        });

        Assert.Equal((true, null), DecisionOf(await AskAsync("17")));
        Assert.Equal((false, "not_entitled"), DecisionOf(await AskAsync("18")));
        Assert.Equal((false, "not_entitled"), DecisionOf(await AskAsync(17)));
        Assert.Equal((false, "not_entitled"), DecisionOf(await AskAsync(null)));

        Task<Reply> AskAsync(object? identifier) => agent.AskAsync(new
        {
            subject = new { type = "agent", id = agent.Id },
            action = new { name = "orders:read" },
            resource = new { type = "resource", id = "orders", properties = new { identifier } },
        });
    }

    [Fact]
    public async Task Many_answers_of_no_stop_nobody()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: settings => settings with { MaxRefusals = 5 });
        var world = await broker.Seed.WorldAsync();

        for (var n = 0; n < 12; n++)
            Assert.Equal(
                (false, "not_entitled"),
                DecisionOf(await world.Agent.AskAsync(Question(world.Agent, "orders:delete", world.Orders.Name))));
    }
}
