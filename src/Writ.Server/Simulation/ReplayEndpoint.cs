using System.Globalization;
using System.Text.Json.Nodes;
using Writ.Protocol;
using Writ.Server.Acts;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>
/// POST /v1/policies/replay: what a policy would have made of recorded decisions, as server-sent events: how far it
/// came, and at the end the result. One at a time here, for owners.
/// </summary>
public sealed class ReplayEndpoint(PolicyCandidates candidates, Replay replay, StreamAccess access)
{
    private const string Action = "policy:replay";
    private static readonly TimeSpan Usual = TimeSpan.FromHours(24);
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1); // other replicas' clocks

    private static readonly ClaimFailure Busy = new("policy_busy", PolicyCandidates.Busy);
    private readonly StreamLimit _one = new(1, 1);

    public async Task<ActPlan> ReplayAsync(ActCall call)
    {
        var (candidate, refusal) = await candidates.ReadAsync<ReplayRequest>(call, Action);
        if (candidate is null) return refusal!;
        if (WindowOf(candidate.Body, call.Now) is not { } window)
            return call.Invalid("from and to are times (RFC 3339), from before to; identity is a SPIFFE id.", Action);
        var version = candidate.Version;
        return StreamLimit.Plan(
            call, Action, new ActTarget($"policy {version.Digest}", null), Busy, [_one],
            http => EventAnswer.WriteAsync(
                http, call.Caller.Token!.ExpiresAt - call.Now, stream => FollowAsync(stream, call, version, window)));
    }

    private async Task FollowAsync(EventAnswer stream, ActCall call, PolicyVersion version, ReplayWindow window)
    {
        var result = await replay.RunAsync(version, window, SayAsync, stream.End);
        await stream.SayAsync($"event: result\ndata: {result.ToJsonString()}\n\n");

        async Task SayAsync(long done, long all)
        {
            if (!await access.HoldsAsync(call, stream.End)) throw new OperationCanceledException(stream.Cut());
            var progress = new JsonObject { ["done"] = done, ["of"] = all };
            await stream.SayAsync($"event: progress\ndata: {progress.ToJsonString()}\n\n");
        }
    }

    private static ReplayWindow? WindowOf(ReplayRequest body, DateTimeOffset now) =>
        TimeOf(body.From, now - Usual) is { } from && TimeOf(body.To, now + Ahead) is { } to && from < to
        && (body.Identity is null || SpiffeId.TryParse(body.Identity, out _))
            ? new ReplayWindow(from.ToMicros(), to.ToMicros(), body.Identity)
            : null;

    private static DateTimeOffset? TimeOf(string? text, DateTimeOffset usual) =>
        text is null ? usual
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
}
