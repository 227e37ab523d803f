using System.Diagnostics;

namespace Writ.Client;

/// <summary>
/// What the SDK does, as spans of the source <c>Writ.Client</c>: tokens that it gets, verifies, decides on. They bear
/// ids and codes, never a token, a proof or a name.
/// </summary>
internal static class ClientSpans
{
    internal static readonly ActivitySource Source = new("Writ.Client");

    /// <summary>Begins one; null where nobody listens.</summary>
    internal static Activity? Start(string name) => Source.StartActivity(name);

    /// <summary>How it went: a no is no error.</summary>
    internal static Activity Tell(this Activity span, bool isYes, string? code) =>
        span.SetTag("writ.outcome", isYes ? "allow" : "deny").SetTag("writ.code", code);

    /// <summary>It was refused, or could not be asked.</summary>
    internal static void Fail(this Activity span, WritException e)
    {
        span.Tell(false, e.Code).SetTag("writ.decision_id", e.DecisionId);
        if (!e.IsRefusal)
            span.SetStatus(ActivityStatusCode.Error);
    }
}
