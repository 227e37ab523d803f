using System.Globalization;
using Writ.Server.Callers;

namespace Writ.Server.Audit;

/// <summary>
/// Keeps refusals from filling the disk (docs/audit.md). Failures of callers that nobody knows are recorded up to
/// <see cref="MaxPerSecond"/>, beyond which all of one source in one second become one counted record. A principal
/// that was refused so often (<c>max_refusals</c>) within one second is not listened to for the rest of it: what
/// it asks then is not decided, uses up no proof, and becomes one counted record, too.
/// </summary>
public sealed class FailureCounter
{
    public const int MaxPerSecond = 100;
    private const int MaxSources = 256;
    private const string Unheard = "request.refuse";
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;
    private readonly int _maxRefusals;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _refused = new(StringComparer.Ordinal); // this second, by principal
    private long _second; // this and all below and above: guarded by _lock
    private int _written;
    private Dictionary<Counted, int> _counted = [];

    public FailureCounter(AuditLog audit, TimeProvider time, int maxRefusals)
    {
        _maxRefusals = maxRefusals;
        _audit = audit;
        _time = time;
        audit.Denied += Refused;
    }

    /// <summary>
    /// Records one failure of a caller that nobody knows, or counts it. Returns when a single record is durable; a
    /// count is not waited for.
    /// </summary>
    public async Task RecordAsync(HttpContext http, string kind, string reason, string? claimed)
    {
        var source = SourceAddress.Of(http);
        bool single;
        lock (_lock)
        {
            Turn();
            single = _written < MaxPerSecond;
            if (single) _written++;
            else Count(new Counted(source, null, kind, _second, null), 1);
        }
        if (!single) return;
        var e = new AuditEvent { Kind = kind, Reason = reason, RequestId = http.TraceIdentifier }
            .With("source", source).With("claimed", Bounded(claimed)).With("path", Bounded(http.Request.Path.Value));
        await _audit.RefuseAsync(e, [], CancellationToken.None);
    }

    /// <summary>Whether a principal was refused too often in this second; if so, this request is counted.</summary>
    public bool IsStopped(string principal)
    {
        lock (_lock)
        {
            Turn();
            if (_refused.GetValueOrDefault(principal) < _maxRefusals) return false;
            Count(new Counted(null, principal, Unheard, _second, "too_many_refusals"), 1);
            return true;
        }
    }

    /// <summary>Counts a request of a principal that is not looked at, for a reason that says so.</summary>
    public void CountUnheard(string principal, string reason)
    {
        lock (_lock)
        {
            Turn();
            Count(new Counted(null, principal, Unheard, _second, reason), 1);
        }
    }

    /// <summary>Writes what is counted so far; called each second and at the end. What the log does not take now, be it
    /// full or the store away, is counted on and written at a later turn.</summary>
    public void Flush()
    {
        Dictionary<Counted, int> full;
        lock (_lock)
        {
            if (_counted.Count == 0) return;
            (full, _counted) = (_counted, []);
        }
        foreach (var (what, count) in full) _ = WriteAsync(what, count);
    }

    private void Refused(string principal)
    {
        lock (_lock)
        {
            Turn();
            _refused[principal] = _refused.GetValueOrDefault(principal) + 1;
        }
    }

    private void Turn()
    {
        var second = _time.GetUtcNow().ToUnixTimeSeconds();
        if (second == _second) return;
        (_second, _written) = (second, 0);
        _refused.Clear();
    }

    /// <summary>Too many to tell apart are counted as one, whose seconds are not told either: so it stays bounded while
    /// the store is away.</summary>
    private void Count(Counted what, int count)
    {
        if (_counted.Count >= MaxSources && !_counted.ContainsKey(what))
            what = new Counted("others", null, what.Kind, 0, null);
        _counted[what] = _counted.GetValueOrDefault(what) + count;
    }

    private async Task WriteAsync(Counted what, int count)
    {
        var e = new AuditEvent { Kind = what.Kind, Reason = "counted", Actor = what.Principal }
            .With("source", what.Source)
            .With("code", what.Code)
            .With("count", count.ToString(CultureInfo.InvariantCulture))
            .With("second", what.Second == 0 ? null : what.Second.ToString(CultureInfo.InvariantCulture));
        try
        {
            await _audit.RefuseAsync(e, [], CancellationToken.None);
        }
        catch (StoreUnavailableException)
        {
            lock (_lock) Count(what, count);
        }
    }

    private static string? Bounded(string? text) => text is { Length: > 256 } ? text[..256] : text;

    /// <summary>What is counted together: failures of one source or refusals of one principal, in a second.</summary>
    private sealed record Counted(string? Source, string? Principal, string Kind, long Second, string? Code);
}
