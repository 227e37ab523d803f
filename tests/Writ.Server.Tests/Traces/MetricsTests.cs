using System.Diagnostics.Metrics;
using System.Net.Http.Headers;
using Writ.Protocol;
using Writ.Server.Edge;

namespace Writ.Server.Tests.Traces;

/// <summary>/metrics: its two formats to the letter, what it counts, and that no caller makes it grow.</summary>
public sealed class MetricsTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    private const string Open = "application/openmetrics-text";

    [Theory]
    [InlineData(null, false)]
    [InlineData("*/*", false)]
    [InlineData("text/plain;version=0.0.4", false)]
    [InlineData("application/openmetrics-text", true)]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1", true)]
    [InlineData("application/openmetrics-text;version=1.0.0;q=0.1,text/plain;q=0.9", false)]
    [InlineData("application/openmetrics-text;version=2.0.0", false)]
    [InlineData("application/openmetrics-text;q=0", false)]
    [InlineData("nonsense;;", false)]
    public async Task Format_is_the_one_that_is_asked_for_and_holds_to_its_grammar(string? accept, bool isOpen)
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);

        var (page, type) = await ReadAsync(broker, accept);

        Assert.Equal(isOpen ? Open : "text/plain", type.MediaType);
        Assert.Equal(isOpen ? "1.0.0" : "0.0.4", type.Parameters.First(p => p.Name == "version").Value);
        Assert.Equal("utf-8", type.CharSet);
        Assert.Equal("counter", page.Families[isOpen ? "writ_requests" : "writ_requests_total"]);
        Assert.Equal("histogram", page.Families["writ_request_duration_seconds"]);
        Assert.Equal("gauge", page.Families["writ_revocation_backlog"]);
    }

    [Fact]
    public async Task Tokens_are_counted_by_grant_and_refusals_by_code()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var (before, _) = await ReadAsync(broker);

        var token = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", "tsk_none"), ("scope", world.Grant()));
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()), ("grant_type", "password"));

        Assert.Equal(200, token.Status);
        var (after, _) = await ReadAsync(broker);
        const string Issued = "writ_tokens_issued_total";
        const string Refused = "writ_tokens_refused_total";
        Assert.Equal(1, after.Sum(Issued) - before.Sum(Issued));
        Assert.Equal(
            1, after.Sum(Issued, $"grant_type=\"{GrantTypes.ClientCredentials}\"")
                - before.Sum(Issued, $"grant_type=\"{GrantTypes.ClientCredentials}\""));
        Assert.True(after.Sum(Refused) - before.Sum(Refused) >= 2);
        const string Unserved = "\"unsupported_grant_type\"";
        Assert.Equal(1, after.Sum(Refused, Unserved) - before.Sum(Refused, Unserved));
    }

    [Fact]
    public async Task Nothing_that_a_caller_sends_becomes_a_label()
    {
        var broker = await brokers.OfAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();

        await world.Agent.TokenAsync(("grant_type", "s3cr3t_grant"));
        await world.Agent.TokenAsync(("scope", "s3cr3t:scope@s3cr3t"));
        await broker.Http.GetAsync("/s3cr3t?x=s3cr3t");
        await broker.Http.GetAsync("/v1/tasks/s3cr3t");
        await broker.Http.SendAsync(new HttpRequestMessage(new HttpMethod("S3CR3T"), "/oauth/token"));

        var (page, _) = await ReadAsync(broker);
        Assert.DoesNotContain(page.Samples.Keys, k => k.Contains("s3cr3t", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(page.Samples.Keys, k => k.Contains(world.Agent.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Task_that_is_due_stands_in_the_backlog_until_it_is_swept()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        // Its clock stands, and so do the sweeps.
        await world.TaskAsync(row => row with { Deadline = row.Deadline - 9L * 3600 * 1_000_000 });

        var (page, _) = await ReadAsync(broker);

        Assert.Equal(1, page.Sum("writ_revocation_backlog"));
        Assert.InRange(page.Sum("writ_revocation_backlog_age_seconds"), 60, 10 * 3600);
    }

    [Fact]
    public void Codes_of_a_policys_own_making_are_bounded()
    {
        using var telemetry = new Server.Edge.Telemetry();
        using var text = new MetricsText(telemetry.Meter);

        for (var i = 0; i < 5000; i++) telemetry.Recorded("token.issue", "deny", $"no_{i}");
        telemetry.Recorded("token.issue", "deny", "What a caller said");

        var page = MetricsPage.Read(text.Write(), isOpen: false);
        Assert.InRange(page.Samples.Count, 1000, 2100);
        Assert.Equal(5001, page.Sum("writ_records_total"));
        Assert.DoesNotContain(page.Samples.Keys, k => k.Contains("caller said", StringComparison.Ordinal));
    }

    [Fact]
    public void Whatever_a_label_or_a_help_holds_is_escaped()
    {
        using var meter = new Meter("Writ");
        using var text = new MetricsText(meter);
        var counter = meter.CreateCounter<long>("writ.odd", null, "A \"back\\slash\"\nand a line.");
        counter.Add(1, new KeyValuePair<string, object?>("what", "\"\\\n\""));
        meter.CreateObservableGauge("writ.far", () => double.PositiveInfinity, "s", "Far.");
        meter.CreateObservableGauge("writ.small", () => 1e-9, null, "Small.");

        foreach (var isOpen in (bool[])[false, true])
        {
            var page = MetricsPage.Read(text.Write(isOpen), isOpen);
            Assert.Equal(1, page.Samples["writ_odd_total{what=\"\\\"\\\\\\n\\\"\"}"]);
            Assert.Equal(double.PositiveInfinity, page.Samples["writ_far_seconds"]);
            Assert.Equal(1e-9, page.Samples["writ_small"]);
        }
    }

    private static async Task<(MetricsPage Page, MediaTypeHeaderValue Type)> ReadAsync(
        TestBroker broker, string? accept = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, broker.ManagementOrigin + "/metrics");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        using var answer = await broker.Http.SendAsync(request);
        Assert.Equal(200, (int)answer.StatusCode);
        var type = answer.Content.Headers.ContentType!;
        return (MetricsPage.Read(await answer.Content.ReadAsStringAsync(), type.MediaType == Open), type);
    }
}
