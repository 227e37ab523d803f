using System.Globalization;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>
/// One step over the log: finds what of it is to go, and erases that in the transaction of the record which says so.
/// Whatever dies, there is no erasure without its record, and no record without its erasure.
/// </summary>
public sealed class EraseStep(Database database, AuditLog audit, RecordIndexer indexer, TimeProvider time)
{
    /// <summary>What a record names at the most; each is a range of its own at the worst.</summary>
    private const int Most = 250;

    /// <summary>Indexes that one look passes over: most of an old log is erased already.</summary>
    private const int Window = 20_000;

    /// <summary>Blocks of the index that one step goes through while the log waits.</summary>
    private const int Blocks = 8;

    // Clocks of replicas differ, and whoever verifies a token allows for that.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    private static readonly ClaimFailure HoldsChanged =
        new("held", "A legal hold was set or released meanwhile: it is looked at again.");

    private static readonly string[] Naming = ["approval", "approval_digest"];

    private readonly SemaphoreSlim _one = new(1, 1); // has no wait handle, needs no disposal
    private readonly ErasureStore _erasures = new(database);
    private readonly HoldStore _holds = new(database);

    /// <summary>Null: another replica does this now, or the holds changed meanwhile.</summary>
    internal async Task<EraseTurn?> RunAsync(Lease lease, Errand errand, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel); // on SQLite everybody gets the lease
        try
        {
            return await StepAsync(lease, errand, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    private async Task<EraseTurn?> StepAsync(Lease lease, Errand errand, CancellationToken cancel)
    {
        // First the holds: one that comes in while we look is found in the transaction.
        var holds = await _holds.InForceAsync(cancel);
        var turn = await LookAsync(errand, holds, cancel);
        var held = new Claim.Effect(async tx =>
            HoldRow.AreSame(holds, await HoldStore.InForceAsync(tx)) ? null : HoldsChanged);
        var bare = await indexer.ReadAsync([.. turn.Gone.Select(Bare)], cancel);
        var tasks = turn.Gone.Select(r => r.Task).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        var approvals = turn.Gone.SelectMany(Approvals).Distinct(StringComparer.Ordinal).ToArray();
        var effect = new Claim.Effect(async tx =>
        {
            if (turn.Gone.Count > 0) await ErasureStore.EraseAsync(tx, bare, tasks, approvals);
            await errand.Move(tx, turn);
            return null;
        });
        if (turn.Gone.Count > 0)
            return await audit.AppendOwnActAsync(EventOf(errand, turn), [lease.Held, held, effect], cancel)
                is Appended.Done ? turn : null;
        var moved = await database.WriteAsync(async tx =>
        {
            if (!await lease.HoldAsync(tx)) return false;
            await tx.LockLogAsync(ClaimSubjects.None); // behind whoever sets or releases a hold
            return await held.Apply(tx) is null && await effect.Apply(tx) is null;
        }, cancel);
        return moved ? turn : null;
    }

    private async Task<EraseTurn> LookAsync(Errand errand, IReadOnlyList<HoldRow> holds, CancellationToken cancel)
    {
        var limit = Math.Min(errand.End, errand.Next + Window);
        var rows = await _erasures.WindowAsync(errand.Next, limit, Most, cancel);
        var next = rows.Count == Most ? rows[^1].Idx + 1 : limit;
        var moment = (time.GetUtcNow() - Margin).ToMicros();
        var turn = new EraseTurn { Next = next };
        foreach (var row in rows.Where(errand.Wants))
        {
            if (row.IsNeeded(moment) && errand.Waits) return turn with { Next = row.Idx, IsWaiting = true };
            if (row.At > errand.Before) turn = turn with { Again = turn.Again ?? row.Idx };
            else if (row.IsNeeded(moment)) turn = turn with { Again = turn.Again ?? row.Idx };
            else if (holds.Any(h => h.Covers(row))) turn = turn with { Held = turn.Held + 1 };
            else if (turn.Gone is [var first, ..] && BlockOf(row) >= BlockOf(first) + Blocks)
                return turn with { Next = row.Idx };
            else turn.Gone.Add(row);
        }
        return turn;
    }

    private static long BlockOf(ErasableRow row) => row.Idx / RecordTerm.Block;

    private static AuditEvent EventOf(Errand errand, EraseTurn turn) => (errand.Event with
    {
        Kind = "audit.erase",
        Actor = "writ",
        Erased = Ranges(turn.Gone),
    }).With("count", turn.Gone.Count.ToString(CultureInfo.InvariantCulture));

    /// <summary>Only what is erased, and nothing between: a verifier takes no other detail for erased.</summary>
    private static List<(long From, long To)> Ranges(List<ErasableRow> gone)
    {
        var ranges = new List<(long From, long To)>();
        foreach (var row in gone)
        {
            if (ranges is [.., var last] && last.To == row.Idx) ranges[^1] = (last.From, row.Idx + 1);
            else ranges.Add((row.Idx, row.Idx + 1));
        }
        return ranges;
    }

    private static RecordRow Bare(ErasableRow row) => new() { Idx = row.Idx, Core = row.Core };

    /// <summary>The approvals that a record names, by id or digest.</summary>
    private static IEnumerable<string> Approvals(ErasableRow row)
    {
        using var json = JsonDocument.Parse(row.Detail.AsMemory(RecordRow.SaltSize));
        if (!json.RootElement.TryGetProperty("detail"u8, out var detail)) return [];
        return
        [
            .. Naming
                .Select(name => detail.TryGetProperty(name, out var value) ? value.GetString() : null)
                .OfType<string>(),
        ];
    }
}

/// <summary>What is to be erased, and why.</summary>
/// <param name="Wants">Whether a record is meant.</param>
/// <param name="Next">The first index to look at.</param>
/// <param name="End">Before this one.</param>
/// <param name="Waits">Stops before what something alive rests on, and goes on once that has ended; else passes it by.
/// </param>
/// <param name="Before">What is younger than this stays for the time being, microseconds.</param>
/// <param name="Event">What the record says besides.</param>
/// <param name="Move">Notes how far it came, in the same transaction.</param>
internal sealed record Errand(
    Func<ErasableRow, bool> Wants, long Next, long End, bool Waits, long Before, AuditEvent Event,
    Func<StoreTransaction, EraseTurn, Task> Move);

/// <summary>What one step did.</summary>
internal sealed record EraseTurn
{
    /// <summary>The next index to look at.</summary>
    public required long Next { get; init; }
    public List<ErasableRow> Gone { get; } = [];
    /// <summary>How many stayed on account of a hold.</summary>
    public int Held { get; init; }
    /// <summary>The first that stayed because something alive rests on it.</summary>
    public long? Again { get; init; }
    public bool IsWaiting { get; init; }
}
