using System.Globalization;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Edge;
using Writ.Server.Revocations;

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
    private const string Full = "Too many follow the feed here already.";

    public Task<ActPlan> ReadAsync(ActCall call)
    {
        const string action = "revocation:read";
        var (reader, isAgent) = (call.Caller.Principal.Id, call.Caller.Principal.IsAgent);
        return Task.FromResult<ActPlan>(Places.IsFullFor(reader) || (isAgent && _agents.IsFullFor(reader))
            ? call.Refuse(StatusCodes.Status429TooManyRequests, "too_many_readers", Full, action)
            : call.Read(action, new ActTarget("revocations", call.Team, reader), http => FollowAsync(http, call)));
    }

    private async Task FollowAsync(HttpContext http, ActCall call)
    {
        // Asked before, too; but of two that asked at once only one may find the last place.
        var (reader, isAgent) = (call.Caller.Principal.Id, call.Caller.Principal.IsAgent);
        using var share = isAgent ? _agents.TryEnter(reader) : null;
        using var place = Places.TryEnter(reader);
        if (place is null || (isAgent && share is null))
        {
            await Answers.ProblemAsync(http, StatusCodes.Status429TooManyRequests, "too_many_readers", Full);
            return;
        }
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
