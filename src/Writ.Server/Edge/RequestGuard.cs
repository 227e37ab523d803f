using System.Diagnostics;
using System.Net;
using Writ.Server.Storage;

namespace Writ.Server.Edge;

/// <summary>
/// Around every request: its id, its listener's rules, its count, and the last resort. An exception that nobody
/// expected is a bug: logged and recorded under the request's id, answered with 503 and nothing else.
/// </summary>
/// <param name="settings">Our own names, for <c>Host</c>.</param>
/// <param name="telemetry">Counts the answers.</param>
/// <param name="ids">Makes request ids; a caller's own are not taken over.</param>
/// <param name="isUnavailable">Whether an exception says that the store takes nothing at the moment.</param>
/// <param name="record">Records a refusal: kind and code.</param>
/// <param name="log">Where bugs show.</param>
public sealed class RequestGuard(
    Settings settings, Telemetry telemetry, IdSource ids, Func<Exception, bool> isUnavailable,
    Func<HttpContext, string, string, Task> record, ILogger log)
{
    private const string TokenRoute = "/oauth/token";
    private readonly HashSet<string> _authorities = new(
        new[] { settings.Issuer, settings.MtlsIssuer }.OfType<string>().Select(o => new Uri(o).Authority),
        StringComparer.OrdinalIgnoreCase);

    public async Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        var began = Stopwatch.GetTimestamp();
        http.TraceIdentifier = ids.Next("req");
        http.Response.Headers["X-Request-Id"] = http.TraceIdentifier;
        http.Response.Headers.XContentTypeOptions = "nosniff";
        var route = (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var method = MethodOf(http);
        using var span = RequestSpan.Start(telemetry.Source, http, method ?? "_OTHER", route ?? "");
        try
        {
            if (await AdmitAsync(http)) await next(http);
        }
        catch (Exception e) when (http.RequestAborted.IsCancellationRequested
            && e is OperationCanceledException or IOException)
        {
            // The client went away; nobody reads an answer.
        }
#pragma warning disable CA1031 // The last resort: whatever it is, no caller sees more of it than that it happened.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await AnswerAsync(http, e);
        }
        var code = http.Features.Get<RefusalCode>()?.Code;
        RequestSpan.Finish(span, http, code);
        telemetry.Answered(
            method ?? "other", route ?? "none", http.Response.StatusCode, code, Stopwatch.GetElapsedTime(began));
        if (route == TokenRoute && method == HttpMethods.Post)
            telemetry.TokenAnswered(http.Features.Get<AskedGrant>()?.Type, http.Response.StatusCode, code);
    }

    /// <summary>What a listener does not serve at all.</summary>
    private async Task<bool> AdmitAsync(HttpContext http)
    {
        var role = http.Features.Get<ListenerRole>();
        var path = http.Request.Path;
        var isOperations = path == "/livez" || path == "/metrics" || path == "/health"
            || path.StartsWithSegments("/readyz", StringComparison.Ordinal);
        if (role is { IsManagement: true } && !isOperations || role is { ServesMetrics: false } && path == "/metrics")
        {
            await Answers.ProblemAsync(http, 404, "not_found", "There is no such endpoint here.");
            return false;
        }
        if (http.Connection.LocalIpAddress is { } local && IPAddress.IsLoopback(local) && !IsOurs(http.Request.Host))
        {
            // A name of somebody else's that points here: DNS rebinding, by a page in a browser on this machine.
            await record(http, "request.refuse", "wrong_host");
            await Answers.ProblemAsync(
                http, StatusCodes.Status421MisdirectedRequest, "wrong_host", "This broker does not go by that name.");
            return false;
        }
        return true;
    }

    private bool IsOurs(HostString host) =>
        string.Equals(host.Host, "localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Host, out var address) && IPAddress.IsLoopback(address))
        || _authorities.Contains(host.Value ?? "");

    private async Task AnswerAsync(HttpContext http, Exception e)
    {
        if (e is BadHttpRequestException bad && !http.Response.HasStarted)
        {
            await Answers.ProblemAsync(http, bad.StatusCode, "malformed_http", "The request cannot be read.");
            return;
        }
        var unavailable = isUnavailable(e);
        if (!unavailable)
        {
            log.LogError("{RequestId}: {Bug}", http.TraceIdentifier, e.ToString());
            try
            {
                await record(http, "request.fail", "internal_error");
            }
            catch (Exception second) when (isUnavailable(second))
            {
                // The log above has it.
            }
        }
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        http.Response.Headers.Remove("Writ-Decision-Id");
        if (unavailable)
            // Nothing was handed out: what is not recorded does not exist (P1).
            await Answers.ProblemAsync(
                http, 503, "store_unavailable", "The store does not take records at the moment.");
        else
            await Answers.ProblemAsync(http, 503, "internal_error", "The broker failed; its log has the request's id.");
    }

    /// <summary>Null: one that nobody knows.</summary>
    private static string? MethodOf(HttpContext http) =>
        http.Request.Method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS"
            ? http.Request.Method
            : null;
}

/// <summary>The stable code of a refusal, for the count of answers.</summary>
/// <param name="Code">As in the answer.</param>
public sealed record RefusalCode(string Code);

/// <summary>By which type of grant a token was asked for, for the count of tokens; one that is served.</summary>
/// <param name="Type">As in the request.</param>
public sealed record AskedGrant(string Type);
