using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Writ.Server.Edge;

/// <summary>
/// What the broker measures of itself, under the name <c>Writ</c>, for /metrics and for whoever attaches OpenTelemetry.
/// Tags are names of ours (routes, codes, kinds): never what a caller sent.
/// </summary>
public sealed class Telemetry : IDisposable
{
    private static readonly InstrumentAdvice<double> Seconds = new()
    {
        HistogramBucketBoundaries = [.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<int> Counts = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
    };

    private static readonly SearchValues<char> CodeCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789_");

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _requestSeconds;
    private readonly Counter<long> _issued;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _staleRefusals;
    private readonly Counter<long> _records;
    private readonly Counter<long> _introspections;
    private readonly Histogram<int> _batch;
    private readonly Histogram<double> _batchSeconds;
    private readonly Counter<long> _dropped;

    public Telemetry()
    {
        Meter = new Meter("Writ");
        _requests = Meter.CreateCounter<long>(
            "writ.requests", null, "Requests answered, by route, status and code of refusal.");
        _requestSeconds = Meter.CreateHistogram(
            "writ.request.duration", "s", "Time to answer, by route.", null, Seconds);
        _issued = Meter.CreateCounter<long>("writ.tokens.issued", null, "Tokens handed out, by type of grant.");
        _refused = Meter.CreateCounter<long>(
            "writ.tokens.refused", null, "Requests for tokens that were refused, by code.");
        _staleRefusals = Meter.CreateCounter<long>(
            "writ.refusals.stale", null, "Refusals because this replica lost sight of the store.");
        _records = Meter.CreateCounter<long>(
            "writ.records", null, "Audit records, by kind, outcome and reason of refusal.");
        _introspections = Meter.CreateCounter<long>(
            "writ.introspections", null, "Introspections answered, by whether the token was alive.");
        _batch = Meter.CreateHistogram(
            "writ.append.batch", "{record}", "Records that shared one durable write.", null, Counts);
        _dropped = Meter.CreateCounter<long>(
            "writ.traces.dropped", null, "Spans lost because the queue to the collector was full.");
        Undelivered = Meter.CreateCounter<long>(
            "writ.otlp.failures", null, "Requests that the collector did not take, by kind of data.");
        _batchSeconds = Meter.CreateHistogram(
            "writ.append.duration", "s", "Time of one durable write.", null, Seconds);
    }

    /// <summary>Of this broker alone: two in one process do not mix.</summary>
    public Meter Meter { get; }

    /// <summary>One activity for each request, where somebody listens.</summary>
    public ActivitySource Source { get; } = new("Writ");

    /// <summary>Requests that the collector did not take.</summary>
    internal Counter<long> Undelivered { get; }

    internal void Dropped(int spans) => _dropped.Add(spans);

    public void Answered(string method, string route, int status, string? code, TimeSpan took)
    {
        _requests.Add(
            1, new("method", method), new("route", route), new("status", status), new("code", CodeOf(code)));
        _requestSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("route", route));
        if (code is "replica_stale") _staleRefusals.Add(1);
    }

    /// <summary>A request for a token was answered: with one, or with a refusal.</summary>
    public void TokenAnswered(string? grantType, int status, string? code)
    {
        if (status == StatusCodes.Status200OK)
            _issued.Add(1, new KeyValuePair<string, object?>("grant_type", grantType ?? "other"));
        else
            _refused.Add(1, new KeyValuePair<string, object?>("code", CodeOf(code)));
    }

    public void Recorded(string kind, string outcome, string? reason) =>
        _records.Add(1, new("kind", kind), new("outcome", outcome), new("reason", CodeOf(reason)));

    /// <summary>Successes are counted; refusals are records.</summary>
    public void Introspected(bool active) =>
        _introspections.Add(1, new KeyValuePair<string, object?>("active", active ? "true" : "false"));

    public void Committed(int records, TimeSpan took)
    {
        _batch.Record(records);
        _batchSeconds.Record(took.TotalSeconds);
    }

    /// <summary>A value that is read when somebody asks.</summary>
    public void Observe(string name, string description, Func<long> value) =>
        Meter.CreateObservableGauge(name, value, null, description);

    /// <summary>The same of a time.</summary>
    public void ObserveSeconds(string name, string description, Func<double> value) =>
        Meter.CreateObservableGauge(name, value, "s", description);

    /// <summary>The same with labels of ours, few of them: <c>{sink}</c>.</summary>
    public void Observe(string name, string description, Func<IEnumerable<Measurement<long>>> values) =>
        Meter.CreateObservableGauge(name, values, null, description);

    /// <summary>A code as a label. A policy may say anything for one, even what a caller sent.</summary>
    private static string CodeOf(string? code) => code switch
    {
        null => "",
        { Length: <= 64 } when !code.AsSpan().ContainsAnyExcept(CodeCharacters) => code,
        _ => "other",
    };

    public void Dispose()
    {
        Meter.Dispose();
        Source.Dispose();
    }
}
