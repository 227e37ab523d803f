using System.Security.Cryptography;
using System.Text.Json;
using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Carries the log to a sink, in order, at least once. Its place in the log is in the store and moves only past what
/// the sink has taken, under a lease: whichever replica comes next goes on from there. A sink that does not take
/// anything is asked again after a while that grows to a minute; nothing else waits for it.
/// </summary>
/// <remarks>A crash after the sink took a batch and before the place moved sends that batch again.</remarks>
public sealed class Carrier(Database database, Sink sink, TimeProvider time, ILogger log)
{
    private const int Step = 500;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private readonly RecordStore _records = new(database);
    private readonly SemaphoreSlim _gate = new(1, 1); // one at a time here, too; has no wait handle, no disposal
    private TimeSpan _pause = FirstPause; // owner, as of the next: whoever holds the gate
    private DateTimeOffset _notBefore;
    private DateTimeOffset? _downSince;
    private bool _hasBegun;
    private long _floor; // where the sink began: nothing before that is for it
    private long _known = -1; // where we left it, as long as it has not failed since
    private long _carried;
    private long _failures;
    private long _missing;
    private long _oldest; // microseconds; 0: nothing is missing

    /// <summary>How many records the sink has not taken, as this replica last saw.</summary>
    public long Missing => Interlocked.Read(ref _missing);

    /// <summary>How old the oldest of them is, in seconds.</summary>
    public long AgeSeconds => Interlocked.Read(ref _oldest) is var at and > 0
        ? Math.Max(0, (time.GetUtcNow().ToMicros() - at) / 1_000_000)
        : 0;

    public string Name => sink.Name;

    /// <summary>How many records this process gave it.</summary>
    public long Carried => Interlocked.Read(ref _carried);

    /// <summary>How often it failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Carries what was in the log when this was called; a sink that fails ends it.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            await CarryAsync(cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task CarryAsync(CancellationToken cancel)
    {
        var head = await _records.HeadAsync(cancel);
        if (!_hasBegun) await BeginAsync(head, cancel);
        if (await LookAsync(head, cancel) == 0 || time.GetUtcNow() < _notBefore) return;
        await using var lease = await database.TryLeaseAsync($"sink-{sink.Name}", cancel);
        if (lease is null) return;
        var next = await _records.ReaderAsync(sink.Name, cancel);
        var from = next == _known ? next : Math.Max(Math.Min(_floor, next), next - sink.Resend);
        while (next < head)
        {
            var rows = await _records.FromAsync(from, (int)Math.Min(Step, head - from), cancel);
            if (rows.Count == 0) return; // of a batch that is being written
            if (await TakeAsync(rows, cancel) is not { } taken) return;
            from = rows[taken - 1].Idx + 1;
            if (from <= next) continue; // what it had before
            next = from;
            var held = await database.WriteAsync(async tx =>
                await lease.HoldAsync(tx) && await RecordStore.MoveReaderAsync(tx, sink.Name, next) > 0, cancel);
            if (!held) return;
            _known = next;
            await LookAsync(head, cancel);
        }
    }

    private async Task BeginAsync(long head, CancellationToken cancel)
    {
        var floor = sink.Name + "#from";
        await database.WriteAsync(async tx =>
        {
            var first = sink.StartsNow ? head : 0;
            await RecordStore.BeginReaderAsync(tx, sink.Name, first);
            return await RecordStore.BeginReaderAsync(tx, floor, first);
        }, cancel);
        _floor = await _records.ReaderAsync(floor, cancel);
        if (await _records.ReaderAsync(sink.Name, cancel) == _floor) _known = _floor; // it never had anything
        _hasBegun = true;
    }

    /// <summary>How many records it has taken; null: it failed, and is left alone for a while.</summary>
    private async Task<int?> TakeAsync(IReadOnlyList<RecordRow> rows, CancellationToken cancel)
    {
        try
        {
            var taken = await sink.TakeAsync(rows, cancel);
            Interlocked.Add(ref _carried, taken);
            _pause = FirstPause;
            if (_downSince is { } since)
                log.LogInformation("{Sink} takes records again, after {Took}", sink.Name, time.GetUtcNow() - since);
            _downSince = null;
            return taken;
        }
#pragma warning disable CA1031 // Whatever a sink does, it is the sink's fault: the log waits for it, and nobody else.
        catch (Exception e) when (!cancel.IsCancellationRequested)
#pragma warning restore CA1031
        {
            // Not all replicas, nor all brokers of a receiver that comes back, at the same moment.
            _notBefore = time.GetUtcNow() + (_pause * (RandomNumberGenerator.GetInt32(80, 121) / 100.0));
            _known = -1;
            Interlocked.Increment(ref _failures);
            if (_downSince is null) // one line an outage
                log.LogWarning("{Sink} takes nothing, {Missing} records wait: {Reason}", sink.Name, Missing, e.Message);
            _downSince ??= time.GetUtcNow();
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
            return null;
        }
    }

    /// <summary>Where the sink stands, whichever replica carries.</summary>
    private async Task<long> LookAsync(long head, CancellationToken cancel)
    {
        var next = await _records.ReaderAsync(sink.Name, cancel);
        var missing = Math.Max(0, head - next);
        var oldest = missing > 0 ? await _records.FromAsync(next, 1, cancel) : [];
        Interlocked.Exchange(ref _missing, missing);
        Interlocked.Exchange(ref _oldest, oldest is [var row] ? AtOf(row) : 0);
        return missing;
    }

    private static long AtOf(RecordRow row)
    {
        using var record = JsonDocument.Parse(row.Body);
        return record.RootElement.GetProperty("at").GetInt64();
    }
}
