using System.Security.Cryptography;
using System.Text;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>
/// Upkeep: erases details when their time is over, by the rules of the settings, and ends legal holds whose time is.
/// One replica at a time. A crash repeats the last step, which changes nothing.
/// </summary>
/// <remarks>
/// Each rule has a place in the log of its own, up to which it has looked; a hold that is released puts all of them
/// back to the beginning, and so do other rules.
/// </remarks>
public sealed class DetailRetention(
    Database database, EraseStep step, DetailParts parts, IReadOnlyList<RetentionRule> rules, TimeProvider time)
{
    // Records of several replicas are as much in order as their clocks.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    private readonly RecordStore _records = new(database);
    private readonly HoldStore _holds = new(database);
    private readonly string _digest = DigestOf(rules);

    /// <summary>Looks once; answers how many details that erased.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        await EndHoldsAsync(cancel);
        var due = await DueAsync(cancel);
        if (due.Count == 0) return 0;
        // What is being indexed again would be written back.
        if (await parts.Indexer.CatchUpAsync(cancel) > 0) return 0;
        await using var lease = await database.TryLeaseAsync("erasure", cancel);
        if (lease is null) return 0;
        var erased = 0;
        foreach (var (rule, end) in due) erased += await RunAsync(lease, rule, end, cancel);
        if (erased > 0) await database.ScrubAsync(cancel);
        return erased;
    }

    private async Task<int> RunAsync(Lease lease, RetentionRule rule, long end, CancellationToken cancel)
    {
        var reader = ErasureStore.ReaderOf(_digest, rule.Kind);
        var before = (time.GetUtcNow() - rule.Details!.Value).ToMicros();
        var erased = 0;
        for (var next = await _records.ReaderAsync(reader, cancel); next < end;)
        {
            var errand = new Errand(
                row => row.At < before && RetentionRule.Of(rules, row.Kind) == rule, next, end, Waits: true,
                long.MaxValue,
                new AuditEvent { Kind = "audit.erase", Reason = "retention" }.With("rule", rule.ToString()),
                (tx, turn) => RecordStore.MoveReaderAsync(tx, reader, turn.Next));
            if (await step.RunAsync(lease, errand, cancel) is not { } turn) return erased;
            erased += turn.Gone.Count;
            if (turn.IsWaiting && turn.Gone.Count == 0) return erased;
            next = turn.Next;
        }
        return erased;
    }

    /// <summary>The rules that have something to look at, and up to where.</summary>
    private async Task<List<(RetentionRule Rule, long End)>> DueAsync(CancellationToken cancel)
    {
        List<(RetentionRule, long)> due = [];
        foreach (var rule in rules)
        {
            if (rule.Details is not { } span) continue;
            var end = await _records.PlaceAsync((time.GetUtcNow() - span - Margin).ToMicros(), cancel);
            if (await _records.ReaderAsync(ErasureStore.ReaderOf(_digest, rule.Kind), cancel) < end)
                due.Add((rule, end));
        }
        return due;
    }

    private async Task EndHoldsAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow().ToMicros();
        var over = (await _holds.InForceAsync(cancel)).Where(h => h.Until <= now).ToArray();
        if (over.Length == 0) return;
        await using var lease = await database.TryLeaseAsync("erasure", cancel);
        if (lease is null) return;
        foreach (var hold in over)
            await parts.Audit.AppendOwnActAsync(
                new AuditEvent { Kind = "audit.release", Actor = "writ", Reason = "expired" }.With("hold", hold.Id),
                [lease.Held, new Claim.Effect(tx => HoldStore.ReleaseAsync(tx, hold.Id, "writ", "expired"))], cancel);
    }

    private static string DigestOf(IReadOnlyList<RetentionRule> rules) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', rules))).AsSpan(0, 8));
}

/// <summary>What retention goes by and writes to.</summary>
public sealed record DetailParts(AuditLog Audit, RecordIndexer Indexer);
