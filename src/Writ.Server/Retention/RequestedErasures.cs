using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>
/// Upkeep: carries out what people asked to be erased, in small steps, from the beginning of the log to its head of
/// then. What something alive rests on, and what is too young, is passed by and looked at again: whoever stole an
/// owner's key does not erase with it what they did a moment ago, and there is time to set a hold.
/// </summary>
public sealed class RequestedErasures(
    Database database, EraseStep step, RecordIndexer indexer, TimeSpan wait, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private readonly ErasureStore _erasures = new(database);

    /// <summary>Looks once; answers how many details that erased.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        var open = await _erasures.OpenAsync(time.GetUtcNow().ToMicros(), cancel);
        if (open.Count == 0) return 0;
        if (await indexer.CatchUpAsync(cancel) > 0) return 0; // what is found by the index must be there
        await using var lease = await database.TryLeaseAsync("erasure", cancel);
        if (lease is null) return 0;
        var erased = 0;
        foreach (var row in open) erased += await RunAsync(lease, row, cancel);
        if (erased > 0) await database.ScrubAsync(cancel);
        return erased;
    }

    private async Task<int> RunAsync(Lease lease, ErasureRow row, CancellationToken cancel)
    {
        var erased = 0;
        for (var at = row; at.DoneAt is null && at.NotBefore <= time.GetUtcNow().ToMicros();)
        {
            var errand = new Errand(
                record => IsErasable(record, at.ByWhom) && at.Covers(record), at.Next, at.Head, Waits: false,
                (time.GetUtcNow() - wait).ToMicros(),
                new AuditEvent { Kind = "audit.erase", Reason = "request" }.With("erasure", at.Id),
                (tx, turn) => ErasureStore.MoveAsync(tx, After(at, turn)));
            if (await step.RunAsync(lease, errand, cancel) is not { } turn) return erased;
            erased += turn.Gone.Count;
            at = After(at, turn);
        }
        return erased;
    }

    /// <summary>Who erased what, and who held it, goes by retention alone, and so does what the asker did: nobody
    /// erases their own tracks.</summary>
    private static bool IsErasable(ErasableRow row, string asker) =>
        !row.Kind.StartsWith("audit.", StringComparison.Ordinal) && !row.IsBy(asker);

    /// <summary>Once nothing of then is too young any more; after that, of what is alive, in an hour.</summary>
    private long NextLook(ErasureRow row, DateTimeOffset now) =>
        Math.Max((now + Pause).ToMicros(), row.At + (wait.Ticks / TimeSpan.TicksPerMicrosecond) + 1);

    private ErasureRow After(ErasureRow row, EraseTurn turn)
    {
        var now = time.GetUtcNow();
        var moved = row with
        {
            Next = turn.Next,
            Erased = row.Erased + turn.Gone.Count,
            Held = row.Held + turn.Held,
            Again = row.Again ?? turn.Again,
        };
        if (moved.Next < moved.Head) return moved;
        return moved.Again is { } again
            ? moved with { Next = again, Again = null, NotBefore = NextLook(row, now) }
            : moved with { DoneAt = now.ToMicros() };
    }
}
