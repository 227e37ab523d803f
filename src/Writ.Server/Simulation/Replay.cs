using System.Text.Json.Nodes;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Policies;
using Writ.Server.Storage;

namespace Writ.Server.Simulation;

/// <summary>Asks a policy what was asked in recorded decisions, record by record, in the order of the log.</summary>
public sealed class Replay(RecordStore records, RecordIndexer indexer, TimeProvider time)
{
    private const int Step = 500;

    /// <summary>Records that one replay looks at: it says so where there were more.</summary>
    private const int Most = 1_000_000;

    /// <summary>Decisions at which the policy may run into its limits, which takes 50 ms each, before it is enough.
    /// </summary>
    private const int MostAtLimit = 100;

    /// <summary>Clocks of replicas differ: a record may stand before one that is older by so much.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    /// <summary>Replays a window, and says after each step how far it came.</summary>
    internal async Task<JsonObject> RunAsync(
        PolicyVersion policy, ReplayWindow window, Func<long, long, Task> progress, CancellationToken cancel)
    {
        var behind = await indexer.CatchUpAsync(cancel);
        var slack = (long)Slack.TotalMicroseconds;
        var next = await records.PlaceAsync(window.From - slack, cancel);
        // What the index does not know yet may be of any time.
        var last = await records.PlaceAsync(window.To + slack, cancel);
        var end = last < await records.IndexedAsync(cancel) ? last : await records.HeadAsync(cancel);
        var head = Math.Min(end, next + Most);
        var isCut = head < end;
        var (begin, tally, decided, unreadable) = (next, new ChangeTally(), 0, 0);
        var atLimit = 0;
        while (next < head && atLimit < MostAtLimit)
        {
            var rows = await records.FromAsync(next, (int)Math.Min(Step, head - next), cancel);
            if (rows.Count == 0) break;
            foreach (var row in rows)
            {
                cancel.ThrowIfCancellationRequested();
                if (atLimit >= MostAtLimit) break;
                if (!window.MayHold(row)) continue;
                var decision = RecordedDecision.Of(row);
                if (!window.Holds(decision) || PolicyVerdict.Recorded(decision) is not { } was) continue;
                decided++;
                if (decision.Question() is { AskedAt: { } asked } question) Count(decision, question, was, asked);
                else unreadable++;
            }
            next = rows[^1].Idx + 1;
            await progress(next - begin, head - begin);
        }
        var result = tally.ToJson();
        result["digest"] = policy.Digest;
        result["from"] = Instant.Text(window.From);
        result["to"] = Instant.Text(window.To);
        result["records"] = next - begin;
        result["decisions"] = decided;
        if (unreadable > 0) result["unreadable"] = unreadable;
        if (isCut) result["cut"] = true;
        if (behind > 0) result["behind"] = behind;
        if (atLimit >= MostAtLimit) result["too_slow"] = true;
        return result;

        void Count(RecordedDecision decision, RecordedQuestion question, PolicyVerdict was, DateTimeOffset asked)
        {
            var would = PolicyVerdict.Of(policy, decision, question, asked, time);
            if (would.Code == "policy_limit") atLimit++;
            tally.Add(decision.Index.DecisionId, decision.Index.Kind, decision.About, was, would);
        }
    }
}

/// <summary>Which decisions are replayed.</summary>
/// <param name="From">From this moment on, microseconds.</param>
/// <param name="To">Before this one.</param>
/// <param name="Identity">Only of or about this one; null: all.</param>
internal sealed record ReplayWindow(long From, long To, string? Identity)
{
    /// <summary>What has no such words is none of them: most records need not be read.</summary>
    public bool MayHold(RecordRow row) => row.Body.AsSpan().IndexOf("\"policy_input\""u8) >= 0;

    public bool Holds(RecordedDecision decision) =>
        decision.Input is not null && decision.Index.At >= From && decision.Index.At < To
        && (Identity is null || decision.Index.Actor == Identity || decision.Index.Subject == Identity);
}
