using System.Text.Json;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Records;

/// <summary>What is asked of the log over HTTP, and what is not answered.</summary>
public sealed class RecordQuestionTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string User = "https://idp.example#grace";

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Who_did_what_for_whom_with_which_credential_by_which_policy_is_one_question(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync();
        var user = User + Seed.Name("");
        var task = await world.TaskAsync(t => t with { OnBehalfOf = user });
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", (await world.TaskAsync()).Id), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant("orders:delete")));
        var query = $"identity={world.Agent.Id}&on_behalf_of={Uri.EscapeDataString(user)}"
            + $"&from={broker.Now.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}";

        var items = (await staff.Viewer.GetAsync($"/v1/records?{query}&kind=token")).Json.GetProperty("items");

        Assert.Equal(2, items.GetArrayLength());
        var given = items[0];
        Assert.Equal("token.issue", given.GetProperty("record").GetProperty("kind").GetString());
        Assert.Equal(user, given.GetProperty("on_behalf_of").GetString());
        Assert.Equal(world.Workflow.Name, given.GetProperty("workflow").GetString());
        Assert.Equal(world.Orders.Uri, given.GetProperty("resources")[0].GetString());
        Assert.Equal("orders:read", given.GetProperty("actions")[0].GetString());
        Assert.True(given.GetProperty("lifetime_seconds").GetInt64() > 0);
        Assert.Equal(64, given.GetProperty("policy").GetString()!.Length);
        Assert.Equal("deny", items[1].GetProperty("record").GetProperty("outcome").GetString());
        var jti = given.GetProperty("record").GetProperty("jti").GetString();
        foreach (var further in new[] { $"resource={world.Orders.Name}", $"resource={world.Orders.Uri}",
            $"credential={jti}", $"policy={given.GetProperty("policy")}" })
        {
            var one = (await staff.Viewer.GetAsync($"/v1/records?{query}&kind=token.issue&outcome=allow&{further}"))
                .Json.GetProperty("items");
            Assert.Equal(jti, Assert.Single(one.EnumerateArray()).GetProperty("record").GetProperty("jti").GetString());
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_filter_shows_one_team_the_records_of_another(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        var world = await broker.Seed.WorldAsync(); // of the team payments
        var task = await world.TaskAsync(t => t with { OnBehalfOf = User });
        var token = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var from = $"&from={broker.Now.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}";
        var mine = (await staff.Viewer.GetAsync($"/v1/records?decision_id={token["decision_id"]}"))
            .Json.GetProperty("items")[0];
        string[] questions =
        [
            $"identity={world.Agent.Id}", $"actor={world.Agent.Id}", $"subject={world.Agent.Id}",
            $"on_behalf_of={Uri.EscapeDataString(User)}", $"task={task.Id}", $"task={task.Id}&tree=true",
            $"workflow={world.Workflow.Name}", $"resource={world.Orders.Name}", "action=orders:read",
            "kind=token.issue", "outcome=allow", $"policy={mine.GetProperty("policy")}",
            $"credential={mine.GetProperty("record").GetProperty("jti")}", $"decision_id={token["decision_id"]}", from,
        ];
        foreach (var question in questions)
            foreach (var order in new[] { "asc", "desc" })
            {
                var path = $"/v1/records?{question}&order={order}&limit=500";
                var seen = await staff.Stranger.GetAsync(path);
                Assert.Equal(200, seen.Status);
                Assert.DoesNotContain(world.Agent.Id, seen.Text, StringComparison.Ordinal);
                Assert.DoesNotContain(task.Id, seen.Text, StringComparison.Ordinal);
            }
        // A page of theirs is no way in, either.
        var page = (await staff.Viewer.GetAsync("/v1/records?limit=1")).Json.GetProperty("next").GetString();
        Assert.Equal(
            (400, "invalid_request"), StatusOf(await staff.Stranger.GetAsync($"/v1/records?limit=1&after={page}")));
    }

    [Theory]
    [InlineData("tree=true")]
    [InlineData("task=x&tree=1")]
    [InlineData("outcome=maybe")]
    [InlineData("kind=token.*")]
    [InlineData("kind=.")]
    [InlineData("from=yesterday")]
    [InlineData("from=10:30")]
    [InlineData("to=May")]
    [InlineData("to=99999999999999999999")]
    [InlineData("from=2030-01-02T00:00:00Z&to=2030-01-01T00:00:00Z")]
    [InlineData("actor=a&actor=b")]
    [InlineData("order=up")]
    [InlineData("after=12")]
    [InlineData("before=AAAA")]
    public async Task Question_that_means_nothing_is_refused(string query)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);

        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Viewer.GetAsync($"/v1/records?{query}")));
    }

    [Fact]
    public async Task Text_without_end_is_refused_by_every_filter()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var staff = await Staff.HireAsync(broker);
        foreach (var name in Routed(broker))
            Assert.Equal(
                (400, "invalid_request"),
                StatusOf(await staff.Viewer.GetAsync($"/v1/records?{name}={new string('x', 600)}")));

        static IEnumerable<string> Routed(TestBroker broker) =>
            Routes.Table(broker.Wiring).Single(r => r.Path == "/v1/records").Query.Where(q => q != "limit");
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Page_leads_on_and_back_in_its_own_question_alone(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        for (var i = 0; i < 6; i++) await CreateAsync(staff.Operator, Seed.Name("agent/x"));
        var query = $"/v1/records?actor={staff.Operator.Id}&kind=identity.create&limit=2&order=desc";
        var first = (await staff.Viewer.GetAsync(query)).Json;
        var next = first.GetProperty("next").GetString();

        var second = (await staff.Viewer.GetAsync($"{query}&after={next}")).Json;
        var back = (await staff.Viewer.GetAsync($"{query}&before={second.GetProperty("previous")}")).Json;

        Assert.False(first.TryGetProperty("previous", out _));
        Assert.Equal(Places(first), Places(back));
        var again = (await staff.Viewer.GetAsync($"{query}&after={back.GetProperty("next")}")).Json;
        Assert.Equal(Places(second), Places(again));
        var turned = query.Replace("desc", "asc", StringComparison.Ordinal);
        foreach (var other in new[] { query + "&outcome=allow", turned })
            Assert.Equal(
                (400, "invalid_request"), StatusOf(await staff.Viewer.GetAsync($"{other}&after={next}")));
        Assert.Equal((400, "invalid_request"), StatusOf(await staff.Operator.GetAsync($"{query}&after={next}")));
        Assert.Equal(
            (400, "invalid_request"), StatusOf(await staff.Viewer.GetAsync($"{query}&after={next}&before={next}")));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Stream_has_a_record_a_line_and_says_that_it_is_whole(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var staff = await Staff.HireAsync(broker);
        for (var i = 0; i < 3; i++) await CreateAsync(staff.Operator, Seed.Name("agent/x"));
        var query = $"/v1/records?actor={staff.Operator.Id}&kind=identity.create";

        var lines = await LinesAsync(broker, staff.Viewer, query);
        var cut = await LinesAsync(broker, staff.Viewer, query + "&limit=2");

        Assert.Equal(4, lines.Count);
        Assert.True(lines[^1].GetProperty("end").GetBoolean());
        Assert.All(lines.Take(3), l => Assert.Equal(
            staff.Operator.Id, l.GetProperty("record").GetProperty("actor").GetString()));
        Assert.Equal(3, cut.Count);
        var rest = await LinesAsync(broker, staff.Viewer, $"{query}&limit=2&after={cut[^1].GetProperty("next")}");
        Assert.Equal(lines[2].GetProperty("index").GetInt64(), rest[0].GetProperty("index").GetInt64());
    }

    private static async Task<List<JsonElement>> LinesAsync(TestBroker broker, TestCaller reader, string path)
    {
        var token = await reader.ManagementTokenAsync();
        reader.TakeNonce();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("DPoP", token);
        request.Headers.Add("DPoP", reader.Proof("GET", path.Split('?')[0], token));
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        using var answer = await broker.Http.SendAsync(request);
        Assert.Equal("application/x-ndjson", answer.Content.Headers.ContentType?.MediaType);
        var text = await answer.Content.ReadAsStringAsync();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    private static IEnumerable<long> Places(JsonElement page) =>
        page.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("index").GetInt64());
}
