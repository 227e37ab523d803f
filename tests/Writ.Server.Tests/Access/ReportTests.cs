using System.Text.Json;
using static Writ.Server.Tests.Access.AccessReports;

namespace Writ.Server.Tests.Access;

/// <summary>POST /access/v1/decisions: what an API decided by itself becomes records, once each, and no more than its
/// own.</summary>
public sealed class ReportTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Decisions_are_recorded_in_order_and_once_however_often_they_come(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var (api, world) = await ApiAsync(broker);
        var spool = Seed.Name("spool-of-orders");
        object yes = Decision(
            world.Agent.Id, world.Orders.Name, obligations: new[] { new { notify = "team:payments" } });
        object no = Decision(world.Other.Id, world.Orders.Uri, "not_entitled");

        var first = await api.ReportAsync(spool, 1, yes, no);
        var again = await api.ReportAsync(spool, 1, yes, no, yes);
        var old = await api.ReportAsync(spool, 2, no);

        Assert.Equal((3, 4, 4), (NextOf(first), NextOf(again), NextOf(old)));
        var records = await LocalAsync(broker);
        Assert.Equal(
            [($"loc_{spool}_1", "allow"), ($"loc_{spool}_2", "deny"), ($"loc_{spool}_3", "allow")],
            records.Select(r => (Text(r, "decision_id"), Text(r, "outcome"))));
        Assert.All(records, r => Assert.Equal(api.Id, Text(r, "actor")));
        Assert.Equal(world.Other.Id, Text(records[1], "subject"));
        Assert.Equal("not_entitled", Text(records[1], "reason"));
        Assert.Equal(
            """[{"notify":"team:payments"}]""", Text(records[0].GetProperty("detail"), "policy_obligations"));
    }

    [Fact]
    public async Task What_is_not_its_own_is_not_taken_and_holds_nothing_up()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, world) = await ApiAsync(broker);
        var foreign = await broker.Seed.ResourceAsync(Seed.Name("foreign"), "orders:read");
        await broker.Seed.ApplyAsync(tx => Storage.ResourceStore.UpdateAsync(tx, foreign with { Team = "another" }));

        var reply = await api.ReportAsync(
            Seed.Name("spool-of-orders"), 1,
            Decision(world.Agent.Id, foreign.Name),
            Decision(world.Agent.Id, "https://nobody-registered.example"),
            Decision(world.Agent.Id, world.Orders.Name, obligations: new[] { new { dance = true } }),
            Decision(new string('x', 3000), world.Orders.Name),
            Decision(world.Agent.Id, world.Orders.Name));

        Assert.Equal(200, reply.Status);
        Assert.Equal(
            [(1, "not_yours"), (2, "not_yours"), (3, "invalid_request"), (4, "invalid_request")],
            reply.Json.GetProperty("refused").EnumerateArray()
                .Select(r => (r.GetProperty("number").GetInt32(), Text(r, "code"))));
        Assert.Equal(6, NextOf(reply));
        Assert.Single(await LocalAsync(broker));
    }

    // Whoever knows the name of another's spool would else move it on, and what that one sends would count as sent.
    [Fact]
    public async Task Spool_belongs_to_whoever_used_it_first()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, world) = await ApiAsync(broker);
        var thief = await broker.Seed.IdentityAsync(
            Seed.Name("workload/thief"), [], row => row with { Kind = "workload" });
        var spool = Seed.Name("spool-of-orders");
        var decision = Decision(world.Agent.Id, world.Orders.Name);
        await api.ReportAsync(spool, 1, decision);

        var reply = await thief.ReportAsync(spool, 2, decision, decision, decision);

        Assert.Equal((409, "conflict"), (reply.Status, reply["code"]));
        Assert.Equal(3, NextOf(await api.ReportAsync(spool, 2, decision)));
        Assert.Equal(2, (await LocalAsync(broker)).Count);
    }

    [Fact]
    public async Task Agents_and_operators_report_nothing()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (_, world) = await ApiAsync(broker);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        var decision = Decision(world.Agent.Id, world.Orders.Name);

        foreach (var who in (TestCaller[])[world.Agent, owner])
        {
            var reply = await who.ReportAsync(Seed.Name("spool-of-orders"), 1, decision);
            Assert.Equal((403, "not_yours"), (reply.Status, reply["code"]));
        }
        Assert.Empty(await LocalAsync(broker));
    }

    [Fact]
    public async Task Malformed_report_is_refused()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, world) = await ApiAsync(broker);
        foreach (var (spool, first, count) in ((string?, long, int)[])
        [
            ("short", 1, 1), ("a spool with spaces in it", 1, 1), (null, 1, 1), ("spool-of-orders-and-more", 0, 1),
            ("spool-of-orders-and-more", long.MaxValue, 1), ("spool-of-orders-and-more", 1, 0),
            ("spool-of-orders-and-more", 1, 257),
        ])
        {
            var reply = await api.ReportAsync(
                spool!, first, [.. Enumerable.Repeat(Decision(world.Agent.Id, world.Orders.Name), count)]);
            Assert.Equal((400, "invalid_request"), (reply.Status, reply["code"]));
        }
        var nothing = await api.PostAsync(AccessReports.Path, new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            ["spool"] = "spool-of-orders-and-more",
            ["first"] = 1,
            ["decisions"] = null,
        });
        Assert.Equal(400, nothing.Status);
    }

    // What is wrong with one is found before the transaction, in which all records of that moment are written.
    [Fact]
    public async Task Poisoned_and_heavy_decisions_are_refused_one_by_one()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, world) = await ApiAsync(broker);
        var poisoned = JsonSerializer.SerializeToNode(Decision(world.Agent.Id, world.Orders.Name))!;
        poisoned["subject_id"] = null;
        poisoned["code"] = null;
        poisoned["obligations"] = null;
        object Demanding(int count) => Decision(world.Agent.Id, world.Orders.Name, obligations: Enumerable
            .Range(0, count).Select(n => new { require_approval = new { window_seconds = 1, because = $"{n}" } }));

        var reply = await api.ReportAsync(
            Seed.Name("spool-of-orders"), 1,
            poisoned, Demanding(5000), Demanding(65), Decision(world.Agent.Id, world.Orders.Name));

        Assert.Equal(200, reply.Status);
        var refused = reply.Json.GetProperty("refused").EnumerateArray();
        Assert.Equal([1, 2, 3], refused.Select(r => r.GetProperty("number").GetInt32()));
        Assert.Single(await LocalAsync(broker));
    }

    private static async Task<(TestCaller Api, TestWorld World)> ApiAsync(TestBroker broker)
    {
        var world = await broker.Seed.WorldAsync();
        var api = await broker.Seed.IdentityAsync(
            Seed.Name("workload/orders-api"), [], row => row with { Kind = "workload" });
        return (api, world);
    }

    private static async Task<IReadOnlyList<JsonElement>> LocalAsync(TestBroker broker) =>
        [.. (await broker.RecordsAsync()).Where(r => Text(r, "kind") == "access.local")];

    private static long NextOf(Reply reply) => reply.Json.GetProperty("next").GetInt64();

    private static string? Text(JsonElement from, string name) => from.GetProperty(name).GetString();
}
