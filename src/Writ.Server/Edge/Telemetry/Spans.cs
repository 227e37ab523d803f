using System.Diagnostics;

namespace Writ.Server.Edge;

/// <summary>
/// Steps of the road as spans, each below the span that is current. Where nobody listens there is none, and a step
/// costs one look at a variable.
/// </summary>
/// <remarks>
/// What a span says is bounded to names and ids of ours: ids of decisions, tasks, tokens (<c>jti</c>), keys and
/// requests, kinds, codes, outcomes. Never what a caller sent, and never who it was: persons and identities are in the
/// record, where what is personal can be erased, and the record bears the trace's id.
/// </remarks>
public static class Spans
{
    public const string DecisionId = "writ.decision_id";
    public const string Outcome = "writ.outcome";
    public const string Code = "writ.code";

    /// <summary>Whether a step would be seen.</summary>
    public static bool AreWanted => Activity.Current is { IsAllDataRequested: true };

    /// <summary>Begins a step, to be disposed in the same method, which is asynchronous or waits for nothing: else it
    /// would stay current for whoever called.</summary>
    public static Activity? Start(string name) => Activity.Current is { IsAllDataRequested: true } above
        ? above.Source.StartActivity(name)
        : null;

    /// <summary>How it went: a no is no error.</summary>
    public static void Tell(this Activity span, bool isYes, string? code) =>
        span.SetTag(Outcome, isYes ? "allow" : "deny").SetTag(Code, code);

    /// <summary>It could not be done: by the kind of the exception alone, whose words may hold anything.</summary>
    public static void Fail(this Activity span, Exception e)
    {
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag("error.type", e.GetType().Name);
    }

    /// <summary>Whether the current trace is one that a caller named.</summary>
    public static bool IsCallers
    {
        get
        {
            var span = Activity.Current;
            while (span?.Parent is { } above) span = above;
            return span is not null && span.ParentSpanId != default;
        }
    }

    /// <summary>The trace that a record of this moment belongs to: one that a caller began, or that is kept here.
    /// </summary>
    public static string? TraceId => Activity.Current is { } span && (span.Recorded || span.ParentSpanId != default)
        ? span.TraceId.ToHexString()
        : null;
}
