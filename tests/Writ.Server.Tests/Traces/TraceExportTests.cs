using System.Diagnostics;
using OpenTelemetry;
using Writ.Server.Edge;
using Writ.Testing;

namespace Writ.Server.Tests.Traces;

/// <summary>What is kept and sent, and that nobody waits for whoever takes it.</summary>
public sealed class TraceExportTests
{
    private static readonly byte[] Key = new byte[32];
    private static readonly ActivityContext Kept = Remote(ActivityTraceFlags.Recorded);
    private static readonly ActivityContext NotKept = Remote(ActivityTraceFlags.None);

    [Theory]
    [InlineData(0, true, true)] // follows the caller, both ways
    [InlineData(1, true, false)]
    [InlineData(0, false, false)] // goes by its own share
    [InlineData(1, false, true)]
    public async Task Callers_choice_is_followed_or_not(double sample, bool follows, bool isKept)
    {
        await using var collector = await Collector.StartAsync();
        using var telemetry = new Server.Edge.Telemetry();
        using var export = new TraceExport(
            collector.Target with { Sample = sample, FollowsCallers = follows }, telemetry, Key);

        using var span = telemetry.Source.StartActivity("x", ActivityKind.Server, follows == isKept ? Kept : NotKept);

        Assert.Equal(isKept, span!.Recorded);
        using var below = telemetry.Source.StartActivity("below");
        Assert.Equal(isKept, below is not null);
    }

    [Theory]
    [InlineData(false, ActivityTraceFlags.Recorded, 0, 60)]
    [InlineData(false, ActivityTraceFlags.None, 0, 60)]
    [InlineData(true, ActivityTraceFlags.Recorded, 100, 360)] // 100 a second, and the second may turn
    [InlineData(true, ActivityTraceFlags.None, 0, 0)]
    public async Task Strangers_cannot_have_everything_kept(bool follows, ActivityTraceFlags flags, int least, int most)
    {
        await using var collector = await Collector.StartAsync();
        using var telemetry = new Server.Edge.Telemetry();
        using var export = new TraceExport(
            collector.Target with { Sample = 0.01, FollowsCallers = follows }, telemetry, Key);
        var kept = 0;

        for (var i = 0; i < 2000; i++)
        {
            // The random part of the id as small as can be: any share of ids would hold it.
            var id = ActivityTraceId.CreateFromString($"{i + 1:x16}0000000000000001");
            var caller = new ActivityContext(id, ActivitySpanId.CreateRandom(), flags, isRemote: true);
            using var span = telemetry.Source.StartActivity("x", ActivityKind.Server, caller);
            if (span!.Recorded) kept++;
        }

        Assert.InRange(kept, least, most);
    }

    [Fact]
    public async Task Span_with_a_link_to_one_that_is_kept_is_kept()
    {
        await using var collector = await Collector.StartAsync();
        using var telemetry = new Server.Edge.Telemetry();
        using var export = new TraceExport(collector.Target with { Sample = 0 }, telemetry, Key);

        using var other = telemetry.Source.StartActivity(
            "x", ActivityKind.Internal, default(ActivityContext), null, [new ActivityLink(NotKept)]);
        Activity.Current = null;
        using var linked = telemetry.Source.StartActivity(
            "x", ActivityKind.Internal, default(ActivityContext), null, [new ActivityLink(Kept)]);

        Assert.Equal((false, true), (other!.Recorded, linked!.Recorded));
    }

    [Fact]
    public async Task Share_is_about_the_share_that_was_asked_for()
    {
        await using var collector = await Collector.StartAsync();
        using var telemetry = new Server.Edge.Telemetry();
        using var export = new TraceExport(collector.Target with { Sample = 0.25 }, telemetry, Key);
        var kept = 0;

        for (var i = 0; i < 4000; i++)
        {
            using var span = telemetry.Source.StartActivity("x", ActivityKind.Server);
            if (span!.Recorded) kept++;
        }

        Assert.InRange(kept, 800, 1200); // seven standard deviations
    }

    [Fact]
    public async Task Idle_background_work_is_not_told_and_one_span_has_so_many_steps()
    {
        await using var collector = await Collector.StartAsync();
        using var telemetry = new Server.Edge.Telemetry();
        using (new TraceExport(collector.Target, telemetry, Key))
        {
            telemetry.Source.StartActivity("idle")!.Dispose();
            using (var failed = telemetry.Source.StartActivity("failed")) failed!.Fail(new IOException("secret words"));
            using (telemetry.Source.StartActivity("busy"))
                for (var i = 0; i < 100; i++) telemetry.Source.StartActivity("step")?.Dispose();
        }

        var sent = collector.Spans.ToList();
        Assert.DoesNotContain(sent, s => s.Name == "idle");
        Assert.Equal(64, sent.Count(s => s.Name == "step"));
        Assert.Single(sent, s => s.Name == "busy");
        var error = Assert.Single(sent, s => s.Name == "failed");
        Assert.Equal((SentSpan.Error, "IOException"), (error.Status, error["error.type"]));
        Assert.DoesNotContain("secret words", collector.Everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_of_a_file_are_sent_and_read_again()
    {
        await using var collector = await Collector.StartAsync();
        var file = Path.GetTempFileName();
        try
        {
            using var telemetry = new Server.Edge.Telemetry();
            using var export = new TraceExport(collector.Target with { HeadersFile = file }, telemetry, Key);
            foreach (var token in (string[])["first", "second"])
            {
                await File.WriteAllTextAsync(file, $"# the collector's\nauthorization: Bearer {token}\n");
                telemetry.Source.StartActivity("x", ActivityKind.Server)!.Dispose();
                await Wait.UntilAsync(() => collector.Authorization == $"Bearer {token}", "the header is sent");
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Queue_that_is_full_drops_counts_and_holds_nobody_up()
    {
        var dropped = 0;
        using var exporter = new Hanging();
        using var queue = new SpanQueue(exporter, n => Interlocked.Add(ref dropped, n));
        using var span = new Activity("x").Start();
        const int Many = 20_000;

        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Many; i++) queue.OnEnd(span);
        var took = Stopwatch.GetElapsedTime(began);

        Assert.True(took < TimeSpan.FromSeconds(2), $"It took {took}.");
        Assert.InRange(dropped, Many - 8192 - 512, Many - 8192);
        exporter.Release();
        Assert.True(queue.ForceFlush(5000));
        Assert.Equal(Many - dropped, exporter.Taken);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(302)]
    public async Task Collector_that_refuses_is_counted_and_no_redirect_is_followed(int status)
    {
        await using var collector = await Collector.StartAsync();
        collector.Status = status;
        using var telemetry = new Server.Edge.Telemetry();
        using var text = new MetricsText(telemetry.Meter);
        using (new TraceExport(collector.Target, telemetry, Key))
            telemetry.Source.StartActivity("x", ActivityKind.Server)!.Dispose();

        Assert.NotEmpty(collector.Bodies("traces"));
        Assert.Contains("writ_otlp_failures_total{signal=\"traces\"}", text.Write(), StringComparison.Ordinal);
    }

    private static ActivityContext Remote(ActivityTraceFlags flags) =>
        new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), flags, isRemote: true);

    /// <summary>A collector that does not answer.</summary>
    private sealed class Hanging : BaseExporter<Activity>
    {
        private readonly ManualResetEventSlim _gate = new();
        private int _taken;

        public int Taken => _taken;

        public void Release() => _gate.Set();

        public override ExportResult Export(in Batch<Activity> batch)
        {
            _gate.Wait(TimeSpan.FromSeconds(30));
            foreach (var _ in batch) Interlocked.Increment(ref _taken);
            return ExportResult.Success;
        }

        protected override void Dispose(bool disposing)
        {
            _gate.Dispose();
            base.Dispose(disposing);
        }
    }
}
