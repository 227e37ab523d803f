using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Server.Storage;
using Writ.Server.Tests.Access;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Simulation;

/// <summary>POST /v1/policies/replay: what another policy would have made of recorded decisions.</summary>
public sealed class ReplayTests
{
    private const string Opener = """
        package writ.rules.opener

        allow := true

        obligations contains {"max_lifetime_seconds": 60} if input.context.request.kind == "token.issue"
        """;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Changes_are_counted_by_identity_and_rule_with_examples(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        for (var n = 0; n < 3; n++)
            Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        await owner.PostAsync(
            $"/v1/identities/{Staff.PathOf(world.Agent)}/signals", new { name = "new-country", score = 90 });
        Assert.Equal(400, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);

        var closed = await ReplayAsync(owner, TestPolicies.Closed);
        var opener = await ReplayAsync(owner, Opener, world.Agent.Id);
        var same = await owner.PostAsync("/v1/policies/replay", new
        {
            files = (await owner.GetAsync("/v1/policies/live")).Json.GetProperty("files"),
            data = (await owner.GetAsync("/v1/policies/live")).Json.GetProperty("data"),
        });

        Assert.Equal(3, Number(closed, "changes", "would_refuse"));
        Assert.Equal(1, Number(closed, "changes", "other_reason"));
        var identity = closed["by_identity"]!.AsArray().Single(i => (string)i!["identity"]! == world.Agent.Id)!;
        Assert.Equal(3, (int)identity["would_refuse"]!);
        Assert.Equal("closed", (string)closed["by_rule"]![0]!["rule"]!);
        var example = closed["examples"]!.AsArray().First(e => (string)e!["change"]! == "would_refuse")!;
        Assert.Contains(await broker.RecordsAsync(), r =>
            r.TryGetProperty("decision_id", out var id) && id.GetString() == (string)example["decision_id"]!);
        Assert.Equal(("allow", "closed_today"), ((string)example["was"]!, (string)example["would_be"]!));
        // The refusal for its risk would be none, and its tokens would live shorter.
        Assert.Equal((1, 3), (
            Number(opener, "changes", "would_allow"), Number(opener, "changes", "other_obligations")));
        Assert.Equal(0, Number(ResultOf(same), "changed"));
        // Nothing was done to anybody.
        Assert.True((await owner.GetAsync("/v1/policies")).Json.GetProperty("items").GetArrayLength() == 0);
    }

    [Fact]
    public async Task Window_ends_where_it_is_told_to_and_what_cannot_be_read_is_counted()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        Assert.Equal(200, (await world.Agent.AskAsync(Question())).Status);
        string[] odd = ["[]", "{}", "{", """{"subject": {}, "asked": [{}], "context": {"facts": {}}}"""];
        foreach (var input in odd)
            await broker.Wiring.Audit.AppendOwnActAsync(
                new() { Kind = "token.issue", Actor = world.Agent.Id, Detail = Detail(input) }, []);
        var end = broker.Now + TimeSpan.FromSeconds(1);
        await broker.AdvanceAsync(TimeSpan.FromMinutes(5));
        for (var n = 0; n < 3; n++) Assert.Equal(200, (await world.Agent.AskAsync(Question())).Status);

        var all = await ReplayAsync(owner, TestPolicies.Closed, world.Agent.Id);
        var some = ResultOf(await owner.PostAsync("/v1/policies/replay", new
        {
            files = new[] { new { name = "a.rego", text = TestPolicies.Closed } },
            to = end.ToString("O"),
            identity = world.Agent.Id,
        }));

        Assert.Equal((4, 4), (Number(all, "unreadable"), Number(some, "unreadable")));
        Assert.Equal(3, Number(all, "decisions") - Number(some, "decisions"));
        Assert.True(Number(some, "records") < Number(all, "records"));
        Assert.False(some.AsObject().ContainsKey("cut"));

        object Question() => Asking.Question(world.Agent, "orders:read", world.Orders.Name);
        static System.Collections.Immutable.ImmutableSortedDictionary<string, string> Detail(string input) =>
            Server.Audit.AuditEvent.NoDetail.Add("policy_input", input).Add("policy", "0");
    }

    [Fact]
    public async Task Only_owners_replay_and_nothing_is_compiled_for_others()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        object broken = new { files = new[] { new { name = "a.rego", text = "package writ.rules.a\n\nallow if" } } };

        foreach (var who in (TestCaller[])[staff.Operator, staff.Viewer, staff.Stranger, world.Agent])
            Assert.Equal((403, "role_too_low"), StatusOf(await who.PostAsync("/v1/policies/replay", broken)));
        var unread = await staff.Owner.PostAsync("/v1/policies/replay", new
        {
            files = new[] { new { name = "a.rego", text = Opener } },
            from = "yesterday",
        });

        Assert.Equal((400, "invalid_request"), StatusOf(unread));
    }

    [Fact]
    public async Task Policy_that_loops_ends_its_replay_and_nothing_else()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        await CopyAsync(broker, 200);

        var result = await ReplayAsync(owner, """
            package writ.rules.loop

            default allow := false

            allow if input.resource.type == "writ"

            allow if count([1 | some a in numbers.range(1, 9000); some b in numbers.range(1, 9000)]) > 0
            """);

        Assert.True((bool)result["too_slow"]!);
        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
    }

    /// <summary>The last record of a token so many times more, as if it had been issued so often.</summary>
    internal static async Task CopyAsync(TestBroker broker, int times)
    {
        var rows = await new RecordStore(broker.Wiring.Database).FromAsync(0, 100_000);
        var row = rows.Last(r => JsonElement.Parse(r.Body).GetProperty("kind").GetString() == "token.issue");
        for (var n = 0; n < times; n += 500)
            await broker.Wiring.Database.WriteAsync(async tx =>
            {
                await tx.InsertRecordsAsync(
                    [.. Enumerable.Repeat(new RecordBytes(row.Core, row.Detail), Math.Min(500, times - n))]);
                return 0;
            });
    }

    private static async Task<JsonNode> ReplayAsync(TestCaller owner, string module, string? identity = null) =>
        ResultOf(await owner.PostAsync("/v1/policies/replay", new
        {
            files = new[] { new { name = "a.rego", text = module } },
            identity,
        }));

    /// <summary>What the last event of the stream says.</summary>
    private static JsonNode ResultOf(Reply reply)
    {
        Assert.True(reply.Status == 200, reply.Text);
        var last = reply.Text.Split("event: result\ndata: ")[1];
        return JsonNode.Parse(last[..last.IndexOf('\n', StringComparison.Ordinal)])!;
    }

    private static int Number(JsonNode from, params string[] path) =>
        (int)path.Aggregate((JsonNode?)from, (at, name) => at![name])!;
}
