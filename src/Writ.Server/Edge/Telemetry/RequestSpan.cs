using System.Diagnostics;
using System.Globalization;
using Writ.Protocol;

namespace Writ.Server.Edge;

/// <summary>
/// The span of a request, by OpenTelemetry's conventions for HTTP servers: the route's name, never a path or a query,
/// which may hold a token. In the caller's trace, if it named one.
/// </summary>
internal static class RequestSpan
{
    /// <summary>Begins it. Where nobody listens a trace that the caller named is carried all the same, so that records
    /// can bear its id; null: there is none.</summary>
    public static Activity? Start(ActivitySource source, HttpContext http, string method, string route)
    {
        var headers = http.Request.Headers;
        var caller = headers.TraceParent.Count == 0
            ? default
            : TraceContext.Read(headers.TraceParent, headers.TraceState);
        if (Activity.Current is not null) Activity.Current = null; // none of the host's: it believes more than we do
        var name = route.Length == 0 ? method : $"{method} {route}";
        if (source.HasListeners() && source.StartActivity(name, ActivityKind.Server, caller) is { } span)
            return span.IsAllDataRequested ? Describe(span, http, method, route) : span;
        if (caller == default) return null;
        var carrier = new Activity(name) { TraceStateString = caller.TraceState };
        return carrier.SetParentId(caller.TraceId, caller.SpanId, caller.TraceFlags).Start();
    }

    /// <summary>What became of it.</summary>
    public static void Finish(Activity? span, HttpContext http, string? code)
    {
        if (span is not { IsAllDataRequested: true }) return;
        var status = http.Response.StatusCode;
        span.SetTag("http.response.status_code", status).SetTag(Spans.Code, code);
        if (status < 500) return; // a refusal is an answer
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag("error.type", code ?? status.ToString(CultureInfo.InvariantCulture));
    }

    private static Activity Describe(Activity span, HttpContext http, string method, string route) => span
        .SetTag("http.request.method", method)
        .SetTag("http.route", route.Length == 0 ? null : route)
        .SetTag("url.scheme", http.Request.IsHttps ? "https" : "http")
        .SetTag("network.protocol.version", "1.1")
        .SetTag("writ.request_id", http.TraceIdentifier);
}
