using System.Collections.Concurrent;
using System.Globalization;
using Writ.Server.Callers;

namespace Writ.Server.Audit;

/// <summary>
/// Records failures of callers that nobody knows. Beyond <see cref="MaxPerSecond"/>, all failures of one source in one
/// second become one counted record, so that a flood of garbage cannot fill the disk (DESIGN §5).
/// </summary>
public sealed class FailureCounter(AuditLog audit, TimeProvider time)
{
    private const int MaxPerSecond = 100;
    private const int MaxSources = 256;
    private readonly Lock _lock = new();
    private long _second; // all below: guarded by _lock
    private int _written;
    private Dictionary<(string Source, string Kind), int> _counted = [];
    private readonly ConcurrentQueue<Task> _background = new();

    /// <summary>
    /// Records one failure, or counts it. Returns when a single record is durable; a count is not waited for.
    /// </summary>
    public async Task RecordAsync(HttpContext http, string kind, string reason, string? claimed)
    {
        var source = SourceAddress.Of(http);
        Dictionary<(string, string), int>? full = null;
        long fullSecond;
        bool single;
        lock (_lock)
        {
            var second = time.GetUtcNow().ToUnixTimeSeconds();
            fullSecond = _second;
            if (second != _second)
            {
                if (_counted.Count > 0) (full, _counted) = (_counted, []);
                (_second, _written) = (second, 0);
            }
            single = _written < MaxPerSecond;
            if (single) _written++;
            else Count((_counted.Count < MaxSources ? source : "others", kind));
        }
        if (full is not null) WriteCounts(full, fullSecond);
        if (!single) return;
        var e = new AuditEvent { Kind = kind, Reason = reason, RequestId = http.TraceIdentifier }
            .With("source", source).With("claimed", Bounded(claimed)).With("path", Bounded(http.Request.Path.Value));
        await audit.RefuseAsync(e, [], CancellationToken.None);
    }

    /// <summary>Writes what is counted so far; called each second and at the end.</summary>
    public void Flush()
    {
        Dictionary<(string, string), int> full;
        long second;
        lock (_lock)
        {
            if (_counted.Count == 0) return;
            (full, second) = (_counted, _second);
            _counted = [];
        }
        WriteCounts(full, second);
    }

    private void Count((string, string) key) => _counted[key] = _counted.GetValueOrDefault(key) + 1;

    private void WriteCounts(Dictionary<(string Source, string Kind), int> counts, long second)
    {
        foreach (var ((source, kind), count) in counts)
        {
            var e = new AuditEvent { Kind = kind, Reason = "counted" }
                .With("source", source)
                .With("count", count.ToString(CultureInfo.InvariantCulture))
                .With("second", second.ToString(CultureInfo.InvariantCulture));
            _background.Enqueue(audit.RefuseAsync(e, [], CancellationToken.None));
        }
        // Their failures are the store's; whoever waits for a record of its own hears of them.
        while (_background.TryPeek(out var task) && task.IsCompleted) _background.TryDequeue(out _);
    }

    private static string? Bounded(string? text) => text is { Length: > 256 } ? text[..256] : text;
}
