using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Writ.Server.Edge;

/// <summary>
/// Sends this broker's spans and metrics to a collector by OTLP. Made only where one is configured: else nobody
/// listens to the source, and no span is made.
/// </summary>
/// <remarks>
/// Listens by itself instead of by the package's name of a source: to this broker's alone, with a choice of what is
/// kept that sees links and the caller's flag. What is ended goes into <see cref="SpanQueue"/>.
/// </remarks>
public sealed class TraceExport : IDisposable
{
    private const int MostSteps = 64; // below one span: a search asks thousands of questions
    private const int MostFollowed = 100; // traces a second, beyond the share
    private const int StopMilliseconds = 2000;
    private const string Steps = "steps";
    private readonly OtlpTarget _target;
    private readonly byte[] _key;
    private readonly Lock _lock = new();
    private long _second; // both: guarded by _lock
    private int _followed;
    private readonly ActivitySource _source;
    private readonly ActivityListener _listener;
    private readonly TracerProvider _traces;
    private readonly SpanQueue _queue;
    private readonly MeterProvider _metrics;

    /// <summary>Begins to listen.</summary>
    /// <param name="target">The collector.</param>
    /// <param name="telemetry">What is sent.</param>
    /// <param name="key">Of all replicas, for the choice among the traces of callers.</param>
    public TraceExport(OtlpTarget target, Telemetry telemetry, byte[] key)
    {
        _target = target;
        _key = key;
        _source = telemetry.Source;
        var version = typeof(TraceExport).Assembly.GetName().Version?.ToString(3);
        var resource = ResourceBuilder.CreateEmpty()
            .AddService("writ-server", serviceVersion: version).AddTelemetrySdk().AddEnvironmentVariableDetector();
        _queue = new SpanQueue(new OtlpTraceExporter(Options("traces", telemetry.Undelivered)), telemetry.Dropped);
        // No source: it only knows the resource.
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddProcessor(_queue).Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(telemetry.Meter.Name)
            .AddReader(new PeriodicExportingMetricReader(
                new OtlpMetricExporter(Options("metrics", telemetry.Undelivered))))
            .Build();
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, _source),
            Sample = Sample,
            ActivityStopped = Ended,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _traces.Shutdown(StopMilliseconds);
        _metrics.Shutdown(StopMilliseconds);
        _traces.Dispose();
        _metrics.Dispose();
    }

    private OtlpExporterOptions Options(string signal, Counter<long> undelivered) => new()
    {
        Endpoint = _target.Of(signal),
        Protocol = _target.IsGrpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf,
        HttpClientFactory = () => OtlpTransport.Client(_target, undelivered, signal),
    };

    /// <summary>Whether a span is kept. Below one of ours: as that one. With links: if one of those is kept. In a
    /// caller's trace: by the share, or as the caller says if callers are followed. Else: by the share.</summary>
    private ActivitySamplingResult Sample(ref ActivityCreationOptions<ActivityContext> options)
    {
        var parent = options.Parent;
        if (parent.TraceId != default && !parent.IsRemote)
            return IsKept(parent) && HasRoom(Activity.Current)
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None;
        var isKept = options.Links?.Any(l => IsKept(l.Context)) == true
            || (parent.TraceId == default
                ? IsInShare(Bytes(options.TraceId))
                : IsOfCallerKept(parent.TraceId, IsKept(parent)));
        return isKept ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.PropagationData;

        static bool IsKept(ActivityContext span) => span.TraceFlags.HasFlag(ActivityTraceFlags.Recorded);
    }

    /// <summary>Anybody can send a trace with any id and any flag. So the share is chosen by the id under a key, the
    /// same at each replica: nobody makes up an id that is kept. Where callers are followed, there is a bound to what
    /// they make us keep beyond it.</summary>
    private bool IsOfCallerKept(ActivityTraceId id, bool isCallers)
    {
        if (_target.FollowsCallers) return isCallers && (IsInShare(Keyed(id)) || HasFollowing());
        return IsInShare(Keyed(id));
    }

    private byte[] Keyed(ActivityTraceId id) => HMACSHA256.HashData(_key, Bytes(id))[..16];

    private bool IsInShare(ReadOnlySpan<byte> id)
    {
        var random = 0UL;
        foreach (var b in id[9..]) random = (random << 8) | b; // the last seven bytes of an id are random
        return random < _target.Sample * (1UL << 56);
    }

    private bool HasFollowing()
    {
        var second = Environment.TickCount64 / 1000;
        lock (_lock)
        {
            if (second != _second) (_second, _followed) = (second, 0);
            return ++_followed <= MostFollowed;
        }
    }

    private static byte[] Bytes(ActivityTraceId id)
    {
        var bytes = new byte[16];
        id.CopyTo(bytes);
        return bytes;
    }

    private static bool HasRoom(Activity? above)
    {
        if (above is null) return true;
        if (above.GetCustomProperty(Steps) is not StrongBox<int> steps)
            above.SetCustomProperty(Steps, steps = new StrongBox<int>());
        return Interlocked.Increment(ref steps.Value) <= MostSteps;
    }

    /// <summary>A turn of background work that found nothing to do is not worth telling.</summary>
    private void Ended(Activity span)
    {
        var isIdle = span is { Kind: ActivityKind.Internal, Status: not ActivityStatusCode.Error } && IsRoot(span)
            && !span.Links.Any() && span.GetCustomProperty(Steps) is null;
        if (span.Recorded && !isIdle) _queue.OnEnd(span);
    }

    private static bool IsRoot(Activity span) => span.ParentSpanId == default;
}
