using System.Collections.Concurrent;
using System.Diagnostics;
using Writ.Client;
using Writ.Server.Tests.Sdk;

namespace Writ.Server.Tests.Traces;

/// <summary>
/// One trace from an agent's call through the broker to another agent and on to an API, over real HTTP, as a collector
/// gets it; and the records that bear its id.
/// </summary>
public sealed class TraceStoryTests : IAsyncLifetime
{
    private readonly ActivitySource _agentSource = new("agent under test");
    private readonly ConcurrentQueue<Activity> _own = new(); // what agents and the API would send themselves
    private ActivityListener _listener = null!;
    private Collector _collector = null!;
    private TestBroker _broker = null!;

    public async ValueTask InitializeAsync()
    {
        _collector = await Collector.StartAsync();
        _broker = await TestBroker.StartAsync(
            Engine.Sqlite, TimeProvider.System, s => SdkApi.Patient(s) with { Otlp = _collector.Target });
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        await _broker.DisposeAsync();
        await _collector.DisposeAsync();
        _agentSource.Dispose();
    }

    [Fact]
    public async Task Agent_broker_helper_and_api_share_one_trace()
    {
        var server = await _broker.Seed.IdentityAsync("workload/api", [], row => row with { Kind = "workload" });
        var resource = await SdkApi.RegisterAsync(_broker);
        var grant = $"orders:read@{resource.Name}";
        var agent = await _broker.Seed.IdentityAsync("agent/billing", [grant]);
        var helper = await _broker.Seed.IdentityAsync("agent/helper", [grant], row => row with { ImplicitTask = true });
        var flow = await _broker.Seed.WorkflowAsync("refunds", [agent, helper], [grant]);
        var task = await _broker.Seed.TaskAsync(agent, flow);
        await using var api = await SdkApi.StartAsync(_broker, server, resource);
        using var writ = Client(agent);
        using var other = Client(helper);
        var head = await _broker.HeadAsync();
        string trace;
        using (var root = Listen())
        {
            trace = root.TraceId.ToHexString();
            var work = writ.AttachTask(task.Id);
            var handedOn = await work.HandOnAsync(helper.Id, TokenAsk.Of(grant));
            await using var child = await other.ExchangeAsync(handedOn);
            using var http = child.CreateClient(grant);
            Assert.Equal("fine", await http.GetStringAsync(resource.Uri + "/orders"));
        }

        // The broker's part, as it was sent.
        var sign = await _collector.WaitAsync(
            s => s.Trace == trace && s.Name == "sign" && s["writ.task"] != task.Id, "the exchange is told");
        var spans = _collector.Spans.Where(s => s.Trace == trace).ToList();
        var exchange = Assert.Single(spans, s => s.Id == sign.Parent);
        Assert.Equal(("POST /oauth/token", SentSpan.Server), (exchange.Name, exchange.Kind));
        Assert.Equal(
            ("POST", "/oauth/token", "200", "http"),
            (exchange["http.request.method"], exchange["http.route"], exchange["http.response.status_code"],
                exchange["url.scheme"]));
        var steps = spans.Where(s => s.Parent == exchange.Id && s.Kind == SentSpan.Internal).OrderBy(s => s.Start);
        Assert.Equal(["caller", "decide", "record", "sign"], steps.Select(s => s.Name));
        Assert.All(spans, s => Assert.True(s.Start <= s.End));
        Assert.All(spans, s => Assert.NotEqual(SentSpan.Error, s.Status));

        // Its parent is what the helper did; the helper's, what the test did.
        var asked = Own("writ.token").Single(a => a.SpanId.ToHexString() == exchange.Parent);
        Assert.Equal("agent under test", asked.Parent!.Source.Name);
        Assert.Equal("allow", asked.GetTagItem("writ.outcome"));

        // The write belongs to all that it wrote: linked both ways, in a trace of its own.
        var record = spans.Single(s => s.Name == "record" && s.Parent == exchange.Id);
        var batch = await _collector.WaitAsync(s => record.Links.Contains(s.Id), "the write is told");
        Assert.Equal(("append batch", ""), (batch.Name, batch.Parent));
        Assert.Contains(record.Id, batch.Links);
        Assert.NotEqual(trace, batch.Trace);
        Assert.Contains(_collector.Spans, s => s.Parent == batch.Id && s["db.system.name"] == "sqlite");

        // The API verified the child's token in the same trace.
        var verified = Assert.Single(Own("writ.verify"), a => "allow".Equals(a.GetTagItem("writ.outcome")));
        Assert.Equal(trace, verified.TraceId.ToHexString());
        Assert.Equal(sign["writ.jti"], verified.GetTagItem("writ.jti"));
        Assert.Equal(ActivityKind.Server, verified.Parent!.Kind);

        // And the records say which trace they belong to.
        var records = await _broker.RecordsAsync(head);
        var issued = records.Single(
            r => r.TryGetProperty("jti", out var jti) && jti.GetString() == sign["writ.jti"]);
        Assert.Equal(trace, issued.GetProperty("detail").GetProperty("trace_id").GetString());
        Assert.Equal(record["writ.decision_id"], issued.GetProperty("decision_id").GetString());
    }

    [Theory]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", false)]
    public async Task Record_of_a_stranger_has_its_trace_as_a_claim_also_where_nothing_is_sent(string sent, bool isRead)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var head = await broker.HeadAsync();
        foreach (var agent in (TestCaller[])[world.Agent.WithAnotherKey(), world.Agent])
        {
            agent.TakeNonce();
            using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
            {
                Content = new FormUrlEncodedContent(agent.Form(("scope", world.Grant()))),
            };
            request.Headers.Add("DPoP", agent.Proof("POST", "/oauth/token"));
            request.Headers.Add("traceparent", sent);
            await agent.SendAsync(request);
        }

        var details = (await broker.RecordsAsync(head)).Select(r => r.GetProperty("detail")).ToList();
        Assert.Equal(2, details.Count);
        Assert.Equal(isRead, details[0].TryGetProperty("claimed_trace_id", out _));
        Assert.Equal(isRead, details[1].TryGetProperty("trace_id", out var trace));
        Assert.False(details[0].TryGetProperty("trace_id", out _));
        if (isRead) Assert.Equal("0af7651916cd43dd8448eb211c80319c", trace.GetString());
    }

    /// <summary>What a process with OpenTelemetry would hear of itself: of this test's trace alone.</summary>
    private Activity Listen()
    {
        var trace = ActivityTraceId.CreateRandom();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "agent under test" or "Writ.Client" or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> o) => o.Parent.TraceId == trace
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = _own.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
        var above = new ActivityContext(trace, ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded);
        return _agentSource.StartActivity("work", ActivityKind.Internal, above)!;
    }

    private IEnumerable<Activity> Own(string name) => _own.Where(a => a.OperationName == name);

    private WritClient Client(TestCaller caller) => new(new WritClientOptions
    {
        Issuer = _broker.Issuer,
        ClientId = caller.Id,
        Key = caller.Key,
    });
}
