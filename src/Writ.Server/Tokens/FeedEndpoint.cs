using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Revocations;

namespace Writ.Server.Tokens;

/// <summary>GET /v1/revocations/feed: the feed as server-sent events. Lives as long as the caller's token holds: before
/// each line, heartbeats included, it is asked again.</summary>
public sealed class FeedEndpoint(RevocationFeed feed, StreamAccess access)
{
    public Task<ActPlan> ReadAsync(ActCall call)
    {
        const string action = "revocation:read";
        var (epoch, after) = Resume(call);
        return Task.FromResult<ActPlan>(
            call.Read(action, new ActTarget("revocations", call.Team, call.Caller.Principal.Id), async http =>
        {
            http.Response.ContentType = "text/event-stream";
            http.Response.Headers.CacheControl = "no-store";
            http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            end.CancelAfter(call.Caller.Token!.ExpiresAt - call.Now);
            try
            {
                await foreach (var line in feed.ReadAsync(epoch, after, end.Token))
                {
                    if (!await access.HoldsAsync(call, end.Token)) break;
                    await http.Response.WriteAsync(
                        $"id: {line.Id}\nevent: {line.Kind}\ndata: {line.Data}\n\n", end.Token);
                    await http.Response.Body.FlushAsync(end.Token);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The token or the connection ended; the reader resumes by index.
            }
        }));
    }

    /// <summary>Where to resume: parameters, or the header with which browsers and SSE clients reconnect.</summary>
    private static (string? Epoch, long? After) Resume(ActCall call)
    {
        var text = call.Query("after") is { } after
            ? $"{call.Query("epoch")}:{after}"
            : (string?)call.Http.Request.Headers["Last-Event-ID"] ?? "";
        var colon = text.LastIndexOf(':');
        return colon > 0
            && long.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? (text[..colon], index)
            : (null, null);
    }
}
