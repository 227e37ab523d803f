using Writ.Server.Storage;

namespace Writ.Server.Edge;

/// <summary>
/// GET /metrics: Prometheus' text format. The state of the log is read from the store when somebody asks.
/// </summary>
public sealed class MetricsEndpoint : IDisposable
{
    private readonly MetricsText _text;
    private readonly RecordStore _records;
    private long _head; // both: owner AnswerAsync; the last that was read
    private long _indexed;

    public MetricsEndpoint(Telemetry telemetry, RecordStore records)
    {
        _text = new MetricsText(telemetry.Meter);
        _records = records;
        telemetry.Observe("writ.log.head", "Records in the log.", () => Interlocked.Read(ref _head));
        telemetry.Observe("writ.log.index.lag", "Records that the search index has not seen yet.",
            () => Math.Max(0, Interlocked.Read(ref _head) - Interlocked.Read(ref _indexed)));
    }

    public async Task AnswerAsync(HttpContext http)
    {
        try
        {
            Interlocked.Exchange(ref _indexed, await _records.IndexedAsync(http.RequestAborted));
            Interlocked.Exchange(ref _head, await _records.HeadAsync(http.RequestAborted));
        }
        catch (Exception e) when (Database.IsUnavailable(e))
        {
            // Then of all times the other numbers are wanted.
        }
        http.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsync(_text.Write(), http.RequestAborted);
    }

    public void Dispose() => _text.Dispose();
}
