using System.Collections.Immutable;
using System.Diagnostics;
using Writ.Protocol;

namespace Writ.Client;

/// <summary>
/// Somebody else's trace on its way through this process, which has no spans of its own to show: what is called
/// meanwhile is called in the name of the span that came in, so that no span is missing between the two.
/// </summary>
internal sealed class CarriedTrace : DistributedContextPropagator
{
    /// <summary>As processes tell it to those that they start (OpenTelemetry, "Environment Variables as Context
    /// Propagation Carriers").</summary>
    internal const string Parent = "TRACEPARENT";

    internal const string State = "TRACESTATE";
    private const string Name = "writ carries";
    private const string Unseen = "System.Net.Http.HttpRequestOut";

    /// <summary>For the transport.</summary>
    internal static readonly CarriedTrace Propagator = new();

    private CarriedTrace()
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> Fields => Current.Fields;

    /// <summary>The trace that this process was started in.</summary>
    internal static ActivityContext Of(ImmutableDictionary<string, string> environment) =>
        environment.TryGetValue(Parent, out var parent)
            ? TraceContext.Read([parent], environment.TryGetValue(State, out var state) ? [state] : [])
            : default;

    /// <summary>Carries it until disposed, in the method that asks; null: there is nothing to carry, or this process
    /// has a span.</summary>
    internal static Activity? Begin(ActivityContext trace)
    {
        if (trace == default)
            return null;
        var carrier = new Activity(Name) { TraceStateString = trace.TraceState };
        return carrier.SetParentId(trace.TraceId, trace.SpanId, trace.TraceFlags).Start();
    }

    /// <summary>What to tell a process that is started now; null: nothing.</summary>
    internal static (string Parent, string? State)? Told(ActivityContext inherited) => Activity.Current switch
    {
        { OperationName: not Name, Id: { } own } span => (own, span.TraceStateString),
        _ when inherited != default => (Text(inherited), inherited.TraceState),
        _ => null,
    };

    /// <inheritdoc/>
    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // Where nobody listens to its spans, the transport makes one nevertheless, which nobody ever sees.
        var span = activity is { OperationName: Unseen, Source.Name: "", Parent: { } above } ? above : activity;
        if (span is not { OperationName: Name, ParentId: { } parent })
        {
            Current.Inject(span, carrier, setter);
            return;
        }

        setter?.Invoke(carrier, "traceparent", parent);
        if (span.TraceStateString is { Length: > 0 } state)
            setter?.Invoke(carrier, "tracestate", state);
    }

    /// <inheritdoc/>
    public override void ExtractTraceIdAndState(
        object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) =>
        Current.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

    /// <inheritdoc/>
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier, PropagatorGetterCallback? getter) => Current.ExtractBaggage(carrier, getter);

    private static string Text(ActivityContext trace) =>
        $"00-{trace.TraceId}-{trace.SpanId}-{(trace.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}";
}
