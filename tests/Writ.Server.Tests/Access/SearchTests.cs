using System.Text;
using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Access;

/// <summary>POST /access/v1/search: what is listed, what is not, page by page, and what is kept of it.</summary>
public sealed class SearchTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Search_lists_exactly_what_is_allowed(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var more = await broker.Seed.ResourceAsync(Seed.Name("more"), "orders:read");
        var agent = await broker.Seed.IdentityAsync(
            Seed.Name("agent/both"), [$"orders:read@{world.Orders.Name}", $"orders:read@{more.Name}"]);
        var workload = await broker.Seed.IdentityAsync(
            Seed.Name("workload/x"), [world.Grant()], row => row with { Kind = "workload" });
        var away = await broker.Seed.IdentityAsync(
            Seed.Name("agent/away"), [world.Grant()], row => row with { Status = "suspended" });
        var low = await broker.Seed.IdentityAsync(
            Seed.Name("agent/low"), [world.Grant()], row => row with { Clearance = "public" });

        Assert.Equal(
            Sorted(world.Agent.Id, world.Other.Id, agent.Id),
            ResultsOf(await SearchAsync(agent, "subject", Subjects(world, "orders:read"))));
        Assert.Equal([world.Agent.Id], ResultsOf(await SearchAsync(agent, "subject", Subjects(world, "orders:write"))));
        Assert.Equal(
            [workload.Id], ResultsOf(await SearchAsync(agent, "subject", Subjects(world, "orders:read", "workload"))));
        Assert.Equal(
            Sorted(world.Orders.Name, more.Name), ResultsOf(await SearchAsync(agent, "resource", Resources(agent))));
        Assert.Equal(
            ["orders:read", "orders:write"],
            ResultsOf(await SearchAsync(agent, "action", Actions(world, world.Agent)), "name"));
        Assert.Empty(ResultsOf(await SearchAsync(agent, "resource", Resources(away))));
        Assert.Empty(ResultsOf(await SearchAsync(agent, "action", Actions(world, low)), "name"));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Pages_hold_everything_once(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var third = await broker.Seed.IdentityAsync(Seed.Name("agent/third"), [world.Grant()]);
        var body = Subjects(world, "orders:read");
        List<string> listed = [];

        var reply = await SearchAsync(third, "subject", body, new { limit = 2 });
        listed.AddRange(ResultsOf(reply));
        Assert.Equal(2, reply.Json.GetProperty("page").GetProperty("count").GetInt32());
        var token = TokenOf(reply);
        Assert.NotEmpty(token);
        // As the certification plan goes on: with the token alone.
        reply = await SearchAsync(third, "subject", body, new { token });
        listed.AddRange(ResultsOf(reply));

        Assert.Equal("", TokenOf(reply));
        Assert.Equal(Sorted(world.Agent.Id, world.Other.Id, third.Id), listed);
        Assert.Equal(["", ""], [TokenOf(await SearchAsync(third, "action", Actions(world, third))),
            TokenOf(await SearchAsync(third, "resource", Resources(third)))]);
    }

    [Fact]
    public async Task Token_of_a_page_is_for_that_search_alone_and_tells_nothing()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var body = Subjects(world, "orders:read");
        var token = TokenOf(await SearchAsync(world.Agent, "subject", body, new { limit = 1 }));
        Assert.DoesNotContain("agent", Encoding.Latin1.GetString(Decoded(token)), StringComparison.Ordinal);
        Assert.Single(ResultsOf(await SearchAsync(world.Agent, "subject", body, new { token, limit = 1 })));

        await RefusesAsync(world.Agent, "subject", body, new { token, limit = 2 });
        await RefusesAsync(world.Agent, "subject", Subjects(world, "orders:write"), new { token });
        await RefusesAsync(world.Agent, "action", Actions(world, world.Agent), new { token });
        await RefusesAsync(world.Other, "subject", body, new { token });
        await RefusesAsync(world.Agent, "subject", body, new { token = "AAAA" });
        await RefusesAsync(world.Agent, "subject", body, new { token = new string('A', 5000) });
        var bytes = Decoded(token);
        bytes[^20] ^= 1;
        await RefusesAsync(world.Agent, "subject", body, new { token = Base64UrlText.Encode(bytes) });
    }

    [Fact]
    public async Task Whoever_may_not_ask_is_shown_nothing()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var stranger = await broker.Seed.IdentityAsync(
            Seed.Name("agent/stranger"), [world.Grant()], row => row with { Team = "support" });
        var viewer = await broker.Seed.OperatorAsync(Seed.Name("viewer"), OperatorRole.Viewer, "support");

        // Of the resource of another team each sees what it could ask about: itself, its team's identities.
        Assert.Equal(
            [stranger.Id], ResultsOf(await SearchAsync(stranger, "subject", Subjects(world, "orders:read"))));
        Assert.Equal([stranger.Id], ResultsOf(await SearchAsync(viewer, "subject", Subjects(world, "orders:read"))));
        Assert.Empty(ResultsOf(await SearchAsync(stranger, "resource", Resources(world.Agent))));
        Assert.Empty(ResultsOf(await SearchAsync(stranger, "action", Actions(world, world.Agent)), "name"));
        Assert.Equal(
            ["orders:read"], ResultsOf(await SearchAsync(stranger, "action", Actions(world, stranger)), "name"));
    }

    [Fact]
    public async Task Token_without_the_action_searches_nothing()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.TokenAsync(("resource", broker.Issuer), ("scope", "task:read"));

        var reply = await world.Agent.CallAsync(
            HttpMethod.Post, "/access/v1/search/subject", Subjects(world, "orders:read"), token.AccessToken);

        Assert.Equal((403, "insufficient_scope"), (reply.Status, reply.Code));
        var detail = (await broker.RecordsAsync())[^1].GetProperty("detail");
        Assert.True(detail.TryGetProperty("question", out _));
        Assert.False(detail.TryGetProperty("looked_at", out _)); // decided before anything is looked at
    }

    // That there is more would say that somebody is entitled there, of whom the caller may know nothing.
    [Fact]
    public async Task Page_tells_of_no_more_than_may_be_listed()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var viewer = await broker.Seed.OperatorAsync(Seed.Name("viewer"), OperatorRole.Viewer, "support");
        var first = await broker.Seed.IdentityAsync(
            Seed.Name("agent/aa"), [world.Grant()], row => row with { Team = "support" });
        var body = Subjects(world, "orders:read");

        var page = await SearchAsync(viewer, "subject", body, new { limit = 1 });
        var none = await SearchAsync(viewer, "subject", body, new { limit = 0 });

        Assert.Equal([first.Id], ResultsOf(page));
        Assert.Equal("", TokenOf(page));
        Assert.Equal("""{"page":{"next_token":"","count":0},"results":[]}""", none.Text);
        var record = (await broker.RecordsAsync())[^1];
        Assert.Equal("0", record.GetProperty("detail").GetProperty("looked_at").GetString());
    }

    // What says that a task was killed leaves the memory after the longest life of a token; tasks live longer.
    [Fact]
    public async Task Task_that_ended_long_ago_lists_nothing()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync(row => row with { Deadline = broker.Now.AddHours(12).ToMicros() });
        var body = JsonSerializer.SerializeToNode(Actions(world, world.Agent))!;
        body["context"] = JsonSerializer.SerializeToNode(new { task = task.Id });
        await world.Agent.AskAsync(Asking.Question(
            world.Agent, "orders:read", world.Orders.Name, new { task = task.Id })); // this replica saw it open
        Assert.NotEmpty(ResultsOf(await SearchAsync(world.Agent, "action", body), "name"));

        await broker.Seed.EndTaskAsync(task.Id);
        await broker.AdvanceAsync(TimeSpan.FromHours(3));

        Assert.Empty(ResultsOf(await SearchAsync(world.Agent, "action", body), "name"));
    }

    [Fact]
    public async Task Policy_is_asked_about_each_and_its_obligations_must_be_kept()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        await (await broker.Seed.OperatorAsync("owner")).PushAsync($$$"""
            allow if input.subject.id != "{{{world.Other.Id}}}"

            obligations contains {"mask": {"classification": "internal", "how": "redact"}} if {
            	input.action.name == "orders:write"
            }
            """);

        Assert.Equal(
            [world.Agent.Id], ResultsOf(await SearchAsync(world.Agent, "subject", Subjects(world, "orders:read"))));
        Assert.Equal(
            ["orders:read"], ResultsOf(await SearchAsync(world.Agent, "action", Actions(world, world.Agent)), "name"));
        var honouring = JsonSerializer.SerializeToNode(Actions(world, world.Agent))!;
        honouring["context"] = JsonSerializer.SerializeToNode(new { honours = new[] { "mask" } });
        Assert.Equal(
            ["orders:read", "orders:write"],
            ResultsOf(await world.Agent.PostAsync("/access/v1/search/action", honouring.ToJsonString()), "name"));
    }

    [Fact]
    public async Task Page_is_one_record_with_what_was_asked_and_listed()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        await world.Agent.ManagementTokenAsync();
        var before = (await broker.RecordsAsync()).Count;

        await SearchAsync(world.Agent, "subject", Subjects(world, "orders:read"));

        var record = Assert.Single((await broker.RecordsAsync()).Skip(before));
        Assert.Equal("access.search", record.GetProperty("kind").GetString());
        Assert.Equal("allow", record.GetProperty("outcome").GetString());
        var detail = record.GetProperty("detail");
        Assert.Equal("2", detail.GetProperty("looked_at").GetString());
        Assert.Equal(
            Sorted(world.Agent.Id, world.Other.Id),
            JsonElement.Parse(detail.GetProperty("results").GetString()!).EnumerateArray().Select(r => r.GetString()!));
        Assert.Equal(64, detail.GetProperty("searched_policy").GetString()!.Length);
        Assert.Equal(
            "orders:read", JsonElement.Parse(detail.GetProperty("question").GetString()!)
                .GetProperty("action").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Task_bounds_a_search_as_it_bounds_a_question()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var narrow = await broker.Seed.AuthorityAsync([world.Grant()]);
        var task = await world.TaskAsync(row => row with { Authority = narrow.ToJson() });
        var body = JsonSerializer.SerializeToNode(Actions(world, world.Agent))!;
        body["context"] = JsonSerializer.SerializeToNode(new { task = task.Id });

        var reply = await world.Agent.PostAsync("/access/v1/search/action", body.ToJsonString());

        Assert.Equal(["orders:read"], ResultsOf(reply, "name"));
    }

    [Theory]
    [InlineData("subject", """{"subject":{"type":"agent"},"resource":{"type":"record","id":"1"}}""")]
    [InlineData("subject", """{"subject":{"id":"x"},"action":{"name":"a"},"resource":{"type":"record","id":"1"}}""")]
    [InlineData("subject", """{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record"}}""")]
    [InlineData("subject", """{"subject":"user","action":{"name":"read"},"resource":{"type":"record","id":"1"}}""")]
    [InlineData("resource", """{"action":{"name":"read"},"resource":{"type":"record"}}""")]
    [InlineData("resource", """{"subject":{"type":"user"},"action":{"name":"read"},"resource":{"type":"record"}}""")]
    [InlineData("action", """{"subject":{"type":"user","id":"alice"}}""")]
    [InlineData("action", """{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":[]}""")]
    [InlineData("action", """{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":{"limit":-1}}""")]
    [InlineData("action", """{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":{"limit":""}}""")]
    [InlineData("action", """{"subject":{"type":"u","id":"a"},"resource":{"type":"r","id":"1"},"page":{"token":7}}""")]
    [InlineData("action", "[]")]
    public async Task Malformed_search_is_a_bad_request(string what, string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));

        await Attempt.IsRefusedAsync(
            broker, () => owner.PostAsync($"/access/v1/search/{what}", body), 400, "invalid_request");
    }

    [Theory]
    [InlineData("subject", """
        {"subject":{"type":"spaceship","id":"x"},"action":{"name":"read"},"resource":{"type":"record","id":"1"}}
        """)]
    [InlineData("resource", """
        {"subject":{"type":"user","id":"nobody"},"action":{"name":"read"},"resource":{"type":"spaceship"}}
        """)]
    [InlineData("action", """
        {"subject":{"type":"user","id":"nobody"},"action":7,"resource":{"type":"r","id":"1"},"page":{"limit":0}}
        """)]
    public async Task Of_what_nobody_registered_nothing_is_listed(string what, string body)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));

        var reply = await owner.PostAsync($"/access/v1/search/{what}", body);

        Assert.Equal("""{"page":{"next_token":"","count":0},"results":[]}""", reply.Text);
    }

    [Fact]
    public async Task Metadata_says_where_to_search()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var metadata = JsonElement.Parse(await broker.Http.GetStringAsync("/.well-known/authzen-configuration"));

        foreach (var what in (string[])["subject", "resource", "action"])
            Assert.Equal(
                $"{broker.Issuer}/access/v1/search/{what}",
                metadata.GetProperty($"search_{what}_endpoint").GetString());
    }

    private static object Subjects(TestWorld world, string action, string type = "agent") => new
    {
        subject = new { type },
        action = new { name = action },
        resource = new { type = "resource", id = world.Orders.Name },
    };

    private static object Resources(TestCaller subject) => new
    {
        subject = new { type = "agent", id = subject.Id },
        action = new { name = "orders:read" },
        resource = new { type = "resource" },
    };

    private static object Actions(TestWorld world, TestCaller subject) => new
    {
        subject = new { type = "agent", id = subject.Id },
        resource = new { type = "resource", id = world.Orders.Name },
    };

    private static Task<Reply> SearchAsync(TestCaller who, string what, object body, object? page = null)
    {
        var json = JsonSerializer.SerializeToNode(body)!;
        if (page is not null) json["page"] = JsonSerializer.SerializeToNode(page);
        return who.PostAsync($"/access/v1/search/{what}", json.ToJsonString());
    }

    private static async Task RefusesAsync(TestCaller who, string what, object body, object page)
    {
        var reply = await SearchAsync(who, what, body, page);
        Assert.Equal((400, "invalid_request"), (reply.Status, reply.Code));
    }

    private static List<string> ResultsOf(Reply reply, string member = "id")
    {
        Assert.True(reply.Status == 200, reply.ToString());
        return [.. reply.Json.GetProperty("results").EnumerateArray().Select(r => r.GetProperty(member).GetString()!)];
    }

    private static string TokenOf(Reply reply) =>
        reply.Json.GetProperty("page").GetProperty("next_token").GetString()!;

    private static byte[] Decoded(string token)
    {
        Assert.True(Base64UrlText.TryDecode(token, out var bytes));
        return bytes;
    }

    private static List<string> Sorted(params IEnumerable<string> ids) => [.. ids.Order(StringComparer.Ordinal)];
}
