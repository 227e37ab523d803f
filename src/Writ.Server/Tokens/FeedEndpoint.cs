using System.Globalization;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tokens;

/// <summary>GET /v1/revocations/feed: the feed as server-sent events. Lives as long as the caller's token holds: before
/// each line, heartbeats included, it is asked again.</summary>
/// <remarks>Any identity may read it, but it is for those who verify tokens. Agents, of whom there are many and some
/// turn bad, share a quarter of the places, and have two each: they cannot keep verifiers out.</remarks>
public sealed class FeedEndpoint(RevocationFeed feed, StreamAccess access, Settings settings)
{
    /// <summary>How many readers there may be, and are.</summary>
    public StreamLimit Places { get; } = new(settings.MaxFeedReaders, settings.MaxFeedReadersEach);

    private readonly StreamLimit _agents = new(Math.Max(1, settings.MaxFeedReaders / 4), EachAgent);
    private const int EachAgent = 2;
    private static readonly ClaimFailure Full = new("too_many_readers", "Too many follow the feed here already.");

    public Task<ActPlan> ReadAsync(ActCall call)
    {
        var reader = call.Caller.Principal;
        return Task.FromResult(StreamLimit.Plan(
            call, "revocation:read", new ActTarget("revocations", call.Team, reader.Id), Full,
            reader.IsAgent ? [_agents, Places] : [Places], http => FollowAsync(http, call)));
    }

    private async Task FollowAsync(HttpContext http, ActCall call)
    {
        var (epoch, after) = Resume(call);
        await EventAnswer.WriteAsync(http, call.Caller.Token!.ExpiresAt - call.Now, async stream =>
        {
            await foreach (var line in feed.ReadAsync(epoch, after, stream.End))
            {
                if (!await access.HoldsAsync(call, stream.End)) break;
                var id = line.Id is null ? "" : $"id: {line.Id}\n";
                await stream.SayAsync($"{id}event: {line.Kind}\ndata: {line.Data}\n\n");
            }
        });
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
