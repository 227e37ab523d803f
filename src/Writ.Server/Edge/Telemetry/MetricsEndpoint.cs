using Microsoft.Net.Http.Headers;
using Writ.Server.Storage;

namespace Writ.Server.Edge;

/// <summary>
/// GET /metrics: Prometheus' text format, or OpenMetrics for whoever prefers it. The state of the log and of what is
/// due is read from the store when somebody asks.
/// </summary>
public sealed class MetricsEndpoint : IDisposable
{
    private readonly MetricsText _text;
    private readonly RecordStore _records;
    private readonly TaskStore _tasks;
    private readonly TimeProvider _time;
    private long _head; // this and all below: owner LookAsync; the last that was read
    private long _indexed;
    private long _due;
    private long _dueAge; // microseconds

    /// <summary>Makes it, and the gauges that it reads.</summary>
    /// <param name="telemetry">Where they stand.</param>
    /// <param name="records">The log.</param>
    /// <param name="tasks">What is due.</param>
    /// <param name="time">The clock.</param>
    public MetricsEndpoint(Telemetry telemetry, RecordStore records, TaskStore tasks, TimeProvider time)
    {
        _text = new MetricsText(telemetry.Meter);
        (_records, _tasks, _time) = (records, tasks, time);
        telemetry.Observe("writ.log.head", "Records in the log.", () => Interlocked.Read(ref _head));
        telemetry.Observe("writ.log.index.lag", "Records that the search index has not seen yet.",
            () => Math.Max(0, Interlocked.Read(ref _head) - Interlocked.Read(ref _indexed)));
        telemetry.Observe("writ.revocation.backlog", "Tasks whose deadline has passed and that are not ended yet.",
            () => Interlocked.Read(ref _due));
        telemetry.ObserveSeconds("writ.revocation.backlog.age", "Since the deadline of the oldest of them.",
            () => Interlocked.Read(ref _dueAge) / 1e6);
    }

    public async Task AnswerAsync(HttpContext http)
    {
        try
        {
            await LookAsync(http.RequestAborted);
        }
        catch (Exception e) when (Database.IsUnavailable(e))
        {
            // Then of all times the other numbers are wanted.
        }
        var isOpen = PrefersOpenMetrics(http.Request.Headers.Accept);
        http.Response.ContentType = isOpen
            ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
            : "text/plain; version=0.0.4; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.Vary = HeaderNames.Accept;
        await http.Response.WriteAsync(_text.Write(isOpen), http.RequestAborted);
    }

    /// <summary>Reads what only the store knows.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        Interlocked.Exchange(ref _indexed, await _records.IndexedAsync(cancel));
        Interlocked.Exchange(ref _head, await _records.HeadAsync(cancel));
        var now = _time.GetUtcNow().ToMicros();
        var (count, since) = await _tasks.DueAsync(now, cancel);
        Interlocked.Exchange(ref _due, count);
        Interlocked.Exchange(ref _dueAge, now - (since ?? now));
    }

    public void Dispose() => _text.Dispose();

    /// <summary>RFC 9110 §12.5.1: it is named, in a version that we speak, and wanted no less than text.</summary>
    private static bool PrefersOpenMetrics(IList<string> accept)
    {
        if (!MediaTypeHeaderValue.TryParseList(accept, out var ranges)) return false;
        var open = ranges.Where(r => r.MediaType == "application/openmetrics-text" && IsSpoken(r)).Max(Wanted);
        var plain = ranges.Where(r => r.MediaType.Value is "text/plain" or "text/*" or "*/*").Max(Wanted);
        return open > 0 && open >= (plain ?? 0);

        static double? Wanted(MediaTypeHeaderValue range) => range.Quality ?? 1;

        static bool IsSpoken(MediaTypeHeaderValue range) =>
            range.Parameters.FirstOrDefault(p => p.Name == "version")?.GetUnescapedValue().Value is null or "1.0.0";
    }
}
