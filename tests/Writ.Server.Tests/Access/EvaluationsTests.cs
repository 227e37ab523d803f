using System.Text.Json;
using static Writ.Server.Tests.Access.Asking;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Access;

/// <summary>POST /access/v1/evaluations: many questions, each decided and recorded by itself.</summary>
public sealed class EvaluationsTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Path = "/access/v1/evaluations";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Each_question_is_answered_in_order_and_is_a_record(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var head = await broker.HeadAsync();

        var reply = await world.Agent.PostAsync(
            Path, Boxcar(world, null, "orders:read", "orders:delete", "orders:write"));

        Assert.Equal([true, false, true], DecisionsOf(reply));
        var ids = reply.Json.GetProperty("evaluations").EnumerateArray()
            .Select(e => e.GetProperty("context").GetProperty("id").GetString());
        var recorded = (await broker.RecordsAsync(head))
            .Where(r => r.TryGetProperty("decision_id", out _)).Select(r => r.GetProperty("decision_id").GetString());
        Assert.Empty(ids.Except(recorded));
    }

    [Theory]
    [InlineData("execute_all", new[] { true, false, true })]
    [InlineData("deny_on_first_deny", new[] { true, false })]
    [InlineData("permit_on_first_permit", new[] { true })]
    public async Task Semantic_says_where_it_stops(string semantic, bool[] decisions)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.PostAsync(
            Path, Boxcar(world, semantic, "orders:read", "orders:delete", "orders:write"));

        Assert.Equal(decisions, DecisionsOf(reply));
    }

    [Fact]
    public async Task What_is_malformed_or_not_to_be_asked_is_a_no_among_others()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var stranger = await broker.Seed.IdentityAsync(
            Seed.Name("agent/stranger"), [], row => row with { Team = "support" });

        var reply = await stranger.PostAsync(Path, new
        {
            subject = new { type = "agent", id = stranger.Id },
            action = new { name = "orders:read" },
            evaluations = new object[]
            {
                new { resource = new { type = "resource", id = world.Orders.Name } },
                new { resource = new { type = "resource" } },
                new { },
                new
                {
                    subject = new { type = "agent", id = world.Agent.Id },
                    resource = new { type = "resource", id = world.Orders.Name },
                },
            },
        });

        Assert.Equal([false, false, false, false], DecisionsOf(reply));
        Assert.Equal(
            [null, 400, 400, 403],
            reply.Json.GetProperty("evaluations").EnumerateArray().Select(StatusIn));

        static int? StatusIn(JsonElement answer) =>
            answer.GetProperty("context").TryGetProperty("error", out var error)
                ? error.GetProperty("status").GetInt32()
                : null;
    }

    [Theory]
    [InlineData("""{"evaluations":{}}""")]
    [InlineData("""{"evaluations":[1]}""")]
    [InlineData("""{"evaluations":[{}],"options":{"evaluations_semantic":"some"}}""")]
    [InlineData("""{"evaluations":[{}],"options":[]}""")]
    [InlineData("""{"evaluations":[]}""")]
    [InlineData("""{"evaluations":[TOO_MANY]}""")]
    public async Task Malformed_boxcar_is_a_bad_request(string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        body = body.Replace(
            "TOO_MANY", string.Join(',', Enumerable.Repeat("{}", 101)), StringComparison.Ordinal);

        Assert.Equal((400, "invalid_request"), StatusOf(await owner.PostAsync(Path, body)));
    }

    [Fact]
    public async Task Without_evaluations_it_is_one_question()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        var reply = await world.Agent.PostAsync(Path, Question(world.Agent, "orders:read", world.Orders.Name));

        Assert.Equal((true, null), DecisionOf(reply));
    }

    [Fact]
    public async Task Metadata_names_the_endpoints()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        var reply = await Reply.OfAsync(await broker.Http.GetAsync("/.well-known/authzen-configuration"));

        Assert.Equal((200, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal(broker.Issuer, reply["policy_decision_point"]);
        Assert.Equal(broker.Issuer + Asking.Path, reply["access_evaluation_endpoint"]);
        Assert.Equal(broker.Issuer + Path, reply["access_evaluations_endpoint"]);
    }

    private static object Boxcar(TestWorld world, string? semantic, params string[] actions) => new
    {
        subject = new { type = "agent", id = world.Agent.Id },
        resource = new { type = "resource", id = world.Orders.Name },
        evaluations = actions.Select(name => new { action = new { name } }),
        options = semantic is null ? null : new { evaluations_semantic = semantic },
    };

    private static IEnumerable<bool> DecisionsOf(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.ToString());
        return reply.Json.GetProperty("evaluations").EnumerateArray()
            .Select(answer => answer.GetProperty("decision").GetBoolean());
    }
}
