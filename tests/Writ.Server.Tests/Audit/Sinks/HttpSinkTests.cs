using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Audit.Sinks;

/// <summary>Records posted as OTLP logs or as lines.</summary>
public sealed class HttpSinkTests
{
    private long _refused;

    [Fact]
    public async Task Records_are_OTLP_logs()
    {
        await using var collector = await Collector.StartAsync();
        using var sink = Open($"http://{collector.Authority}/base", "ocsf", SinkWay.Otlp);

        Assert.Equal(3, await TakeAsync(sink, [
            SinkRecords.Row(5, more: SinkRecords.Full("schön")), SinkRecords.Row(6, outcome: "deny"),
            SinkRecords.Row(7, more: new { detail = new { trace_id = "4bf92f3577b34da6a3ce929d0e0e4736" } })]));

        Assert.Equal(("/base/v1/logs", "application/json"), (collector.Path, collector.ContentType));
        var resource = JsonElement.Parse(Assert.Single(collector.Taken)).GetProperty("resourceLogs")[0];
        Assert.Equal("writ", Value(resource.GetProperty("resource").GetProperty("attributes"), "service.name"));
        var records = resource.GetProperty("scopeLogs")[0].GetProperty("logRecords");
        Assert.Equal(3, records.GetArrayLength());
        Assert.Equal("1763800000123461000", records[0].GetProperty("timeUnixNano").GetString());
        Assert.Equal((9, 13), (Severity(records[0]), Severity(records[1])));
        Assert.Equal("writ.token.issue", records[0].GetProperty("eventName").GetString());
        Assert.Equal("example.org/5", Value(records[0].GetProperty("attributes"), "log.record.uid"));
        Assert.Equal("5", Value(records[0].GetProperty("attributes"), "writ.index"));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", records[2].GetProperty("traceId").GetString());
        var body = records[0].GetProperty("body").GetProperty("kvlistValue").GetProperty("values");
        Assert.Equal("300301", Value(body, "type_uid"));
        Assert.Contains("schön", collector.Taken[0], StringComparison.Ordinal);
    }

    /// <summary>What is refused for good is not sent again (OTLP: partial success), but counted.</summary>
    [Theory]
    [InlineData("""{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"no"}}""", 2)]
    [InlineData("""{"partialSuccess":{"rejectedLogRecords":2}}""", 2)]
    [InlineData("""{"partialSuccess":{"errorMessage":"a warning"}}""", 0)]
    [InlineData("""{"partialSuccess":{}}""", 0)]
    [InlineData("[]", 0)]
    [InlineData("", 0)]
    public async Task Partial_success_is_counted(string answer, long refused)
    {
        await using var collector = await Collector.StartAsync();
        collector.Answer = answer;
        using var sink = Open($"http://{collector.Authority}", "writ", SinkWay.Otlp);

        Assert.Equal(4, await TakeAsync(sink, SinkRecords.Rows(0, 4)));

        Assert.Equal((refused, 1), (_refused, collector.Requests));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    [InlineData(401)]
    [InlineData(307)]
    public async Task Anything_but_success_is_no_success(int status)
    {
        await using var collector = await Collector.StartAsync();
        collector.Status = status;
        using var sink = Open($"http://{collector.Authority}", "writ", SinkWay.Otlp);

        await Assert.ThrowsAsync<HttpRequestException>(() => TakeAsync(sink, SinkRecords.Rows(0, 4)));

        Assert.Equal((1, "/v1/logs"), (collector.Requests, collector.Path)); // not where it is redirected
    }

    /// <summary>What one record says does not keep those behind it from a receiver that will not have it.</summary>
    [Theory]
    [InlineData(SinkWay.Web, "writ")]
    [InlineData(SinkWay.Otlp, "ocsf")]
    public async Task Record_that_is_refused_goes_as_a_stub_and_those_behind_it_whole(SinkWay way, string form)
    {
        await using var collector = await Collector.StartAsync();
        collector.Poison = "<script>";
        using var sink = Open($"http://{collector.Authority}", form, way);
        List<RecordRow> rows =
        [
            .. SinkRecords.Rows(0, 10), SinkRecords.Row(10, more: SinkRecords.Full("<script>")),
            SinkRecords.Row(11, more: new { subject = "<script>", reason = "x" }),
            new RecordRow { Idx = 12, Core = [.. "<script> is no record"u8] },
            .. SinkRecords.Rows(13, 20),
        ];

        while (rows.Count > 0) rows.RemoveRange(0, await TakeAsync(sink, rows));

        var all = string.Concat(collector.Taken);
        for (var i = 0; i < 33; i++)
            Assert.Contains(
                way is SinkWay.Web ? $"{{\"index\":{i}," : $"\"example.org/{i}\"", all, StringComparison.Ordinal);
        Assert.InRange(_refused, 1, 3);
        Assert.InRange(collector.Requests, 5, 60);
    }

    /// <summary>One that refuses everything is waited for.</summary>
    [Fact]
    public async Task Receiver_that_refuses_even_stubs_is_down()
    {
        await using var collector = await Collector.StartAsync();
        collector.Status = 400;
        using var sink = Open($"http://{collector.Authority}", "writ", SinkWay.Web);

        await Assert.ThrowsAsync<HttpRequestException>(() => TakeAsync(sink, SinkRecords.Rows(0, 4)));

        Assert.Equal(0, _refused);
    }

    [Fact]
    public async Task Receiver_that_hangs_is_given_up_in_time()
    {
        await using var collector = await Collector.StartAsync();
        collector.Hangs = true;
        using var sink = Open($"http://{collector.Authority}", "writ", SinkWay.Web, TimeSpan.FromMilliseconds(300));

        await Assert.ThrowsAsync<TaskCanceledException>(() => TakeAsync(sink, SinkRecords.Rows(0, 4)));
    }

    [Fact]
    public async Task Lines_are_sent_in_parts_that_fit_and_one_that_never_does_without_its_detail()
    {
        await using var collector = await Collector.StartAsync();
        collector.MostBytes = 2000;
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "secret\n");
        try
        {
            using var sink = Open($"http://{collector.Authority}/hook", "writ", SinkWay.Web, token: file);
            List<RecordRow> rows =
            [
                .. SinkRecords.Rows(0, 30), SinkRecords.Row(30, more: SinkRecords.Full(new string('x', 5000))),
                .. SinkRecords.Rows(31, 3),
            ];

            while (rows.Count > 0) rows.RemoveRange(0, await TakeAsync(sink, rows));

            var lines = string.Concat(collector.Taken).TrimEnd('\n').Split('\n')
                .Select(l => JsonElement.Parse(l)).ToList();
            Assert.Equal(
                Enumerable.Range(0, 34).Select(i => (long)i), lines.Select(l => l.GetProperty("index").GetInt64()));
            Assert.True(lines[30].GetProperty("truncated").GetBoolean());
            Assert.Equal(("/hook", "application/x-ndjson", "Bearer secret"),
                (collector.Path, collector.ContentType, collector.Authorization));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private HttpSink Open(
        string to, string form, SinkWay way, TimeSpan? patience = null, string? token = null)
    {
        var target = SinkRecords.Target(way, to, form) with
        {
            Patience = patience ?? TimeSpan.FromSeconds(10),
            TokenFile = token,
        };
        return new HttpSink(target, new Form(target, "example.org"), count => _refused += count);
    }

    private static Task<int> TakeAsync(HttpSink sink, IReadOnlyList<RecordRow> rows) =>
        sink.TakeAsync(rows, CancellationToken.None);

    private static int Severity(JsonElement record) => record.GetProperty("severityNumber").GetInt32();

    private static string? Value(JsonElement attributes, string key)
    {
        var value = attributes.EnumerateArray().Single(a => a.GetProperty("key").GetString() == key)
            .GetProperty("value");
        return (value.TryGetProperty("stringValue", out var text) || value.TryGetProperty("intValue", out text))
            ? text.GetString()
            : null;
    }
}
