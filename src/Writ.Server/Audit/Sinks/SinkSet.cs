using System.Diagnostics.Metrics;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>The sinks of the configuration (docs/siem.md): each with its place in the log, its chore and its figures.
/// </summary>
public sealed class SinkSet : IDisposable
{
    private readonly List<IDisposable> _open = [];
    private readonly List<SinkTarget> _targets = [];
    private readonly List<Carrier> _carriers = [];
    private readonly SinkWatch _watch;
    private long _refused;

    public SinkSet(Settings settings, Database database, AuditLog audit, TimeProvider time, ILogger log)
    {
        foreach (var target in settings.Sinks)
        {
            var form = new Form(target, settings.TrustDomain.ToString());
            var sink = new Sink($"sink:{target.Name}", Taker(target, form, time, log))
            {
                StartsNow = target.StartsNow,
                Resend = target.Resend,
            };
            _targets.Add(target);
            _carriers.Add(new Carrier(database, sink, time, log));
        }
        _watch = new SinkWatch(database, audit, [.. _targets.Zip(_carriers)], time);
    }

    /// <summary>As they stand in the configuration.</summary>
    public IReadOnlyList<Carrier> Carriers => _carriers;

    /// <summary>Raises and mends what is found about them; answers how many findings that made.</summary>
    public Task<int> WatchAsync(CancellationToken cancel = default) => _watch.RunAsync(cancel);

    /// <summary>A chore each: none waits for another.</summary>
    public IEnumerable<Chore> Chores =>
    [
        .. _carriers.Select(c => new Chore(c.Name, TimeSpan.FromSeconds(1), c.RunAsync)),
        .. _carriers.Count > 0
            ? [new Chore("sink watch", TimeSpan.FromSeconds(10), c => WatchAsync(c))]
            : Array.Empty<Chore>(),
    ];

    public void Observe(Telemetry telemetry)
    {
        if (_carriers.Count == 0) return;
        Observe("writ.sink.lag.records", "Records that the sink has not taken.", c => c.Missing);
        Observe("writ.sink.lag.age", "Age of the oldest of them, in seconds.", c => c.AgeSeconds);
        Observe("writ.sink.carried", "Records that this replica gave the sink since its start.", c => c.Carried);
        Observe("writ.sink.failures", "How often the sink took nothing since then.", c => c.Failures);
        telemetry.Observe(
            "writ.sink.refused", "Records that a receiver refused for good (OTLP's partial success).",
            () => Interlocked.Read(ref _refused));

        void Observe(string name, string description, Func<Carrier, long> value) =>
            telemetry.Meter.CreateObservableGauge(
                name,
                () => _targets.Zip(_carriers, (t, c) => new Measurement<long>(
                    value(c), new KeyValuePair<string, object?>("sink", t.Name))),
                null, description);
    }

    public void Dispose()
    {
        foreach (var one in _open) one.Dispose();
    }

    private Func<IReadOnlyList<RecordRow>, CancellationToken, Task<int>> Taker(
        SinkTarget target, Form form, TimeProvider time, ILogger log)
    {
        switch (target.Way)
        {
            case SinkWay.File:
                return new FileSink(target, form, time).TakeAsync;
            case SinkWay.Syslog:
                var syslog = new SyslogSink(target, form);
                _open.Add(syslog);
                return syslog.TakeAsync;
            default:
                var http = new HttpSink(target, form, count =>
                {
                    Interlocked.Add(ref _refused, count);
                    log.LogWarning("sink:{Sink} refused {Count} records for good", target.Name, count);
                });
                _open.Add(http);
                return http.TakeAsync;
        }
    }
}
