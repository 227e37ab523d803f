using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Writ.Client;
using Writ.Protocol;

namespace Writ.Cli.Doctor;

/// <summary>What can be seen of the broker over the network.</summary>
internal static class BrokerChecks
{
    // The broker's own tolerance is 5 s by default; the Date header is cut to whole seconds.
    private static readonly TimeSpan MaxSkew = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FeedWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan MaxSilence = TimeSpan.FromMilliseconds(500);

    public static async Task<Verdict> ReachedAsync(Patient patient)
    {
        using var answer = await patient.GetAsync("/livez");
        return answer.IsSuccessStatusCode
            ? new Verdict.Fine($"{patient.Addr.GetLeftPart(UriPartial.Authority)} answers")
            : new Verdict.Wrong(
                $"/livez answers {(int)answer.StatusCode}", "Is WRIT_ADDR a Writ broker's? Read its log.");
    }

    public static async Task<Verdict> ClockAsync(Patient patient)
    {
        using var answer = await patient.GetAsync("/livez");
        if (answer.Headers.Date is not { } theirs)
            return new Verdict.Unseen("the broker sends no Date");
        var apart = patient.Call.Outside.Time.GetUtcNow() - theirs;
        // Their clock stands between what they say and a second later.
        var seconds = Math.Max(1, Math.Ceiling(Math.Max(-apart.TotalSeconds, apart.TotalSeconds - 1)));
        var text = string.Create(CultureInfo.InvariantCulture, $"within {seconds:N0} s");
        return apart < MaxSkew + TimeSpan.FromSeconds(1) && apart > -MaxSkew
            ? new Verdict.Fine(text)
            : new Verdict.Wrong(text, "Proofs will be refused: synchronise both clocks (timedatectl set-ntp true).");
    }

    public static async Task<Verdict> ReadyAsync(Patient patient)
    {
        using var answer = await patient.GetAsync("/readyz");
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return new Verdict.Unseen("the broker has no /readyz here");
        var parts = PartsOf(await answer.Content.ReadAsStringAsync(patient.Call.Cancel));
        if (answer.IsSuccessStatusCode)
            return new Verdict.Fine(parts.Count == 0 ? "it says so" : string.Join(", ", parts.Select(p => p.Key)));
        var faults = parts.Where(p => p.Value != "ok").Select(p => $"{p.Key}: {p.Value}").ToList();
        return new Verdict.Wrong(
            faults.Count == 0 ? $"/readyz answers {(int)answer.StatusCode}" : string.Join("; ", faults),
            "Read the broker's log; /readyz/PART tells of one part.");
    }

    public static async Task<Verdict> KeysAsync(Patient patient)
    {
        var metadata = await patient.JsonAsync("/.well-known/oauth-authorization-server");
        var issuer = patient.Addr.GetLeftPart(UriPartial.Authority);
        if ((string?)metadata["issuer"] != issuer)
        {
            var own = (string?)metadata["issuer"];
            return new Verdict.Wrong($"the broker calls itself {own}", "Set WRIT_ADDR to that, or its issuer to this.");
        }

        var tokens = Kids(await patient.JsonAsync("/oauth/jwks"));
        var feed = Kids(await patient.JsonAsync("/v1/revocations/keys"));
        if (tokens.Count == 0 || feed.Count == 0)
            return new Verdict.Wrong("a key set is empty", "Nothing can be verified: writ signing-key rotate.");
        return tokens.Overlaps(feed)
            ? new Verdict.Wrong("tokens and feed share a key", "writ signing-key rotate --purpose feed")
            : new Verdict.Fine($"{tokens.Count} for tokens, {feed.Count} for the feed");
    }

    /// <summary>Also shows that our own key is let in.</summary>
    public static async Task<Verdict> FeedAsync(Patient patient)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(patient.Call.Cancel);
        limit.CancelAfter(FeedWithin);
        var beats = 0;
        long last = 0;
        var longest = TimeSpan.Zero;
        try
        {
            var stream = patient.Call.Session.Client.Management.StreamAsync("/v1/revocations/feed", limit.Token);
            await foreach (var item in stream)
            {
                // The parts of the snapshot come all at once, however slow the rest is.
                if (!IsHeartbeat(item.Data))
                    continue;
                if (beats++ > 0 && Stopwatch.GetElapsedTime(last) is var pause && pause > longest)
                    longest = pause;
                last = Stopwatch.GetTimestamp();
                if (beats == 6)
                    break;
            }
        }
        catch (OperationCanceledException) when (!patient.Call.Cancel.IsCancellationRequested)
        {
            // Judged below by what came.
        }

        var text = $"{beats} heartbeats, at most {longest.TotalMilliseconds:N0} ms apart";
        return beats == 6 && longest <= MaxSilence
            ? new Verdict.Fine(text)
            : new Verdict.Wrong(text, "Verifiers must introspect: look for a stale replica or a buffering proxy.");
    }

    /// <summary>Whether a failure means that the check could not be made, and what it was.</summary>
    public static Verdict? Failure(Exception e) => e switch
    {
        WritException { Code: "broker_unreachable" } or HttpRequestException => new Verdict.Wrong(
            "not reached", "Start it (writ server start), or set WRIT_ADDR to where it is."),
        WritException { Status: 0 } local => new Verdict.Wrong(
            local.Message, "Mend that, or set WRIT_KEY to another file."),
        WritException refused => new Verdict.Wrong(
            refused.Message,
            "An operator logs in again (writ operator enrol, writ login); of an identity one looks at "
            + "writ identity show NAME."),
        // JsonException: no JSON at all; InvalidOperationException: JSON of another shape.
        JsonException or InvalidOperationException => new Verdict.Wrong(
            "something answers there that is no Writ broker", "Set WRIT_ADDR to the broker's issuer."),
        UsageException or UnableException => new Verdict.Wrong(e.Message, "Log in, or set what is missing."),
        _ => null,
    };

    private static bool IsHeartbeat(string data) =>
        Jws.TryRead(data, JwsLimits.Feed, out var jws, out _)
        && StrictJson.TextOf(jws.PayloadUnverified, "kind"u8) is "heartbeat";

    private static HashSet<string> Kids(JsonObject set) =>
        [.. (set["keys"] as JsonArray ?? []).Select(key => (string?)key?["kid"] ?? "")];

    // What each part says of itself; nothing where that is no answer of ours.
    private static List<KeyValuePair<string, string?>> PartsOf(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject answer && answer["parts"] is JsonObject parts
                ? [.. parts.Select(part => KeyValuePair.Create(part.Key, (string?)part.Value))]
                : [];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return [];
        }
    }
}
