using Microsoft.AspNetCore.Http;
using Writ.Server.Edge;

namespace Writ.Server.Tests.Edge;

/// <summary>/livez, /readyz, /metrics.</summary>
public sealed class HealthTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Fact]
    public async Task Every_part_of_a_working_broker_is_ready()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        var reply = await Reply.OfAsync(await broker.Http.GetAsync("/readyz"));

        Assert.Equal((200, "ready"), (reply.Status, reply["status"]));
        var parts = reply.Json.GetProperty("parts").EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.GetString(), StringComparer.Ordinal);
        Assert.All(parts.Values, state => Assert.Equal("ok", state));
        foreach (var part in parts.Keys)
            Assert.Equal(200, (await Reply.OfAsync(await broker.Http.GetAsync($"/readyz/{part}"))).Status);
        Assert.Equal(404, (await Reply.OfAsync(await broker.Http.GetAsync("/readyz/nothing"))).Status);
    }

    [Fact]
    public async Task Part_that_cannot_work_makes_the_whole_not_ready()
    {
        var health = new Health([new HealthPart("good", () => null), new HealthPart("bad", () => "it is broken")]);

        var (whole, text) = await AskAsync(h => health.ReadyAsync(h));
        var (good, _) = await AskAsync(h => { h.Request.RouteValues["part"] = "good"; return health.PartAsync(h); });
        var (bad, _) = await AskAsync(h => { h.Request.RouteValues["part"] = "bad"; return health.PartAsync(h); });

        Assert.Equal((503, 200, 503), (whole, good, bad));
        Assert.Contains("it is broken", text, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Metrics_count_answers_records_and_writes(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        await world.Agent.TokenAsync(("task", (await world.TaskAsync()).Id), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("scope", world.Grant()));

        var text = await broker.Http.GetStringAsync(broker.ManagementOrigin + "/metrics");

        string[] wanted =
        [
            "writ_requests_total{method=\"POST\",route=\"/oauth/token\",status=\"200\",code=\"\"} ",
            "route=\"/oauth/token\",status=\"400\",code=\"task_required\"} ",
            "writ_records_total{kind=\"token.issue\",outcome=\"allow\",reason=\"\"} ",
            "writ_records_total{kind=\"token.issue\",outcome=\"deny\",reason=\"task_required\"} ",
            "writ_append_batch_bucket{le=\"+Inf\"} ",
            "writ_request_duration_seconds_sum{route=\"/oauth/token\"} ",
            "\nwrit_feed_readers ", "\nwrit_revocations_head ", "\nwrit_log_head ", "\nwrit_log_index_lag ",
        ];
        Assert.All(wanted, part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_are_well_formed()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        await broker.Http.GetAsync("/%22%0A%5C"); // would end a label, were a path ever put into one

        var text = await broker.Http.GetStringAsync(broker.ManagementOrigin + "/metrics");

        const string label = "[a-z_]+=\"[^\"\\\\]*\"";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Matches($$"""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{{{label}}(,{{label}})*\})? [0-9.eE+-]+)$""", line);
    }

    private static async Task<(int Status, string Text)> AskAsync(Func<HttpContext, Task> endpoint)
    {
        var http = new DefaultHttpContext();
        using var body = new MemoryStream();
        http.Response.Body = body;
        await endpoint(http);
        return (http.Response.StatusCode, System.Text.Encoding.UTF8.GetString(body.ToArray()));
    }
}
