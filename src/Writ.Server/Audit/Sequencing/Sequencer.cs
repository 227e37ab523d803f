using System.Text.Json;
using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>
/// Hashes the records into a tree and signs its head, about each second when there is news. One replica at a time, by
/// a lease; the others stand by. Appends wait for nothing here: the tree follows the log.
/// </summary>
/// <remarks>
/// The order of durability. Each step is one that may fail before it was done, or have been done and fail all the same;
/// whichever, the tree in memory is dropped with the lease, and read again from the store (<see cref="LogTakeover"/>).
/// <list type="number">
/// <item>The records are durable, with dense indexes, before this class hears of them. A crash here: nothing was
/// hashed; the next holder finds them behind the tree's size.</item>
/// <item>Tiles and the tree's new size, in one transaction under the lease, from the size that was known. A crash
/// before its commit: as before it. After: the tree is larger than the last checkpoint says; the next holder signs
/// it. Nobody was told of those leaves.</item>
/// <item>The proof, out of the tiles as they are stored, that the tree begins with what was published. Nothing is
/// durable. A tree that fails it is never signed.</item>
/// <item>The signature. A crash here loses it. No other checkpoint of that size can come to be: the leaves are stored,
/// and only grow.</item>
/// <item>The anchor on this host: what is about to be published. A crash behind it: the anchor knows a head that was
/// never published; the stored tree, of step 2, has it.</item>
/// <item>The checkpoint, in one transaction under the lease, behind the one that was known to be the last. A crash
/// before its commit: the next holder publishes one of this size or a larger one, of the same tree. After: it is
/// published, and the next holder goes on behind it.</item>
/// </list>
/// A holder that lost its lease without hearing of it does no harm: steps 2 and 6 do nothing without the lease, and
/// whoever takes it over waits for such a transaction to end.
/// </remarks>
public sealed class Sequencer(
    Database database, LogTakeover takeover, LogSteps steps, LogAnchor anchor, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The most records of one step: sixty-four full tiles, whatever the records' size.</summary>
    internal const int Step = 64 * Tile.FullWidth;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan Mended = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Bearable = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    private readonly LogStore _logs = new(database);
    private readonly RecordStore _records = new(database);
    private readonly SemaphoreSlim _gate = new(1, 1); // one turn at a time here; has no wait handle, no disposal
    private OpenLog? _open; // owner, as of the next five: whoever holds the gate
    private Lease? _lease;
    private readonly Pause _checkpoint = new(time); // the next comes no sooner
    private readonly Pause _trouble = new(time); // so long nothing is tried
    private readonly Pause _memory = new(time);
    private bool _isTold; // of the fault
    private long _confirmed; // the tree that others were asked about
    private volatile LogState _state = new(0, 0, 0, 0, null); // owner: whoever holds the gate

    /// <summary>How it stands, as this replica last saw.</summary>
    public LogState State => _state;

    /// <summary>Why the tree does not follow the records; null: it does, or has not failed to for long.</summary>
    public string? Trouble => _state switch
    {
        { Fault: { } fault } => fault.Message,
        { Failure: var (since, what) } when time.GetElapsedTime(since) >= Bearable =>
            $"the log's tree cannot be written ({what})",
        _ => null,
    };

    /// <summary>Seconds since the last checkpoint.</summary>
    public long CheckpointAge => Age(_state.PublishedAt);

    /// <summary>Seconds since the oldest record that no checkpoint covers yet.</summary>
    public long LagSeconds => Age(_state.OldestAt);

    /// <summary>Called with each checkpoint, once it is published.</summary>
    public event Action<LogCheckpointRow>? Published;

    /// <summary>Called when something is found broken: once for each that is new to this replica.</summary>
    public event Func<LogBrokenException, Task>? Broken;

    /// <summary>Asks others what they know of a tree, before this process signs anything of it; throws what speaks
    /// against it.</summary>
    public Func<LogRow, CancellationToken, Task>? Confirm { get; init; }

    /// <summary>One turn: whatever there is to hash and to sign.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            if (!_trouble.IsOver) return;
            await TurnAsync(cancel);
            _state = _state with { Failure = null };
        }
        catch (LogBrokenException e)
        {
            await DropAsync();
            _trouble.Begin(Mended);
            _isTold &= _state.Fault?.Message == e.Message;
            _state = _state with { Fault = e, FaultSize = _state.Published };
            if (!_isTold && Broken is { } tell) await tell(e);
            _isTold = true; // not before somebody was
        }
        catch (Exception e)
        {
            await DropAsync();
            if (cancel.IsCancellationRequested) throw;
            // A store that is away, a disk that is full: it may be better in a moment, or need somebody.
            _trouble.Begin(Again);
            _state = _state with { Failure = _state.Failure ?? (time.GetTimestamp(), e.GetType().Name) };
            throw;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Lets go of the work; another turn would take it up again.</summary>
    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        try
        {
            await DropAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task TurnAsync(CancellationToken cancel)
    {
        var head = await _records.HeadAsync(cancel);
        if (_open is null && !await TakeAsync(head, cancel)) return;
        var open = _open!;
        while (true)
        {
            var isDue = _checkpoint.IsOver;
            if (head > open.Next && (isDue || head - open.Next >= Step) && !await GrowAsync(open, head, cancel))
            {
                await DropAsync();
                return;
            }
            if (isDue && open.Size > open.Published.Size && !await PublishAsync(open, cancel))
            {
                await DropAsync();
                return;
            }
            head = await _records.HeadAsync(cancel);
            if (head - open.Next < Step) break;
        }
        await SeeAsync(open.Published.Size, open.Size, head - open.Next + open.Size - open.Published.Size, cancel);
    }

    /// <summary>Takes the work over where there is some and nobody else does it.</summary>
    private async Task<bool> TakeAsync(long head, CancellationToken cancel)
    {
        if (await _logs.CurrentAsync(cancel) is not { } row)
            return anchor.Read() is null ? false : throw LogTakeover.NoLog;
        if (row.Stopped is { } why) throw new LogBrokenException("older_than_published", why);
        var published = await _logs.HeadAsync(row.N, cancel);
        await SeeAsync(published?.Size ?? 0, row.Size, head - row.Base - (published?.Size ?? 0), cancel, published?.At);
        await RememberAsync(row, published, cancel);
        // What another replica publishes behind a fault, it has held against all that is stored.
        if (_state.Fault is not null && published?.Size > _state.FaultSize) _state = _state with { Fault = null };
        if (_state.Fault is null && head == row.Base + (published?.Size ?? 0)) return false;
        if (await database.TryLeaseAsync("log", cancel) is not { } lease) return false;
        _lease = lease;
        // Read again: only now does nobody else write it.
        row = (await _logs.CurrentAsync(cancel))!;
        if (Confirm is { } confirm && _confirmed != row.N)
        {
            await confirm(row, cancel);
            _confirmed = row.N;
        }
        _open = await takeover.OpenAsync(row, await _records.HeadAsync(cancel), cancel);
        _state = _state with { Fault = null };
        return true;
    }

    private async Task<bool> GrowAsync(OpenLog open, long head, CancellationToken cancel)
    {
        var growth = await open.HashAsync(_logs, Math.Min(head, open.Next + Step), cancel);
        return await steps.GrowAsync(_lease!, growth, cancel);
    }

    private async Task<bool> PublishAsync(OpenLog open, CancellationToken cancel)
    {
        var head = open.Head;
        await takeover.ProveAsync(open.Number, open.Published, head, cancel);
        var text = head.ToString();
        var note = new SignedNote(text, [open.Signer.Sign(text)]);
        // Our own product, before anybody else has it.
        if (note.Verify([open.Signer.Key]).Count != 1)
            throw new LogBrokenException("tree_damaged", "The signature of a checkpoint does not verify.");
        steps.Anchor(head);
        var row = new LogCheckpointRow(
            open.Number, head.Size, time.GetUtcNow().ToMicros(), note.ToString());
        if (!await steps.PublishAsync(_lease!, row, open.Published.Size, cancel)) return false;
        open.Published = head;
        _checkpoint.Begin(Pace);
        _state = _state with { PublishedAt = row.At };
        Published?.Invoke(row);
        return true;
    }

    /// <summary>A replica that stands by holds the store against what it knew, and remembers what is published: it may
    /// be the only one that remains.</summary>
    private async Task RememberAsync(LogRow row, LogHeadRow? published, CancellationToken cancel)
    {
        if (!_memory.IsOver) return;
        await takeover.HoldAgainstHostAsync(row, cancel);
        using var key = VerifierKey.Parse(row.Verifier);
        if (published is not null && published.Size <= row.Size && LogTakeover.Read(published, key) is { } head
            && (anchor.Read() is not { } known || known.Origin != head.Origin || known.Size < head.Size))
            anchor.Write(head);
        _memory.Begin(Remembered);
    }

    private async Task SeeAsync(long published, long size, long missing, CancellationToken cancel, long? at = null)
    {
        var oldest = missing <= 0 ? 0 : _state.Missing > 0 && _state.Published == published && _state.OldestAt > 0
            ? _state.OldestAt
            : await OldestAsync(published, cancel);
        _state = _state with
        {
            Size = size,
            Published = published,
            Missing = Math.Max(0, missing),
            OldestAt = oldest,
            PublishedAt = at ?? _state.PublishedAt,
        };
    }

    /// <summary>When the first record was made that the published tree does not have.</summary>
    private async Task<long> OldestAsync(long published, CancellationToken cancel)
    {
        if (await _logs.CurrentAsync(cancel) is not { } row) return 0;
        var at = 0L;
        await _logs.EachAsync(row.Base + published, row.Base + published + 1, core => at = AtOf(core), cancel);
        return at;
    }

    /// <summary>For show alone: a record that cannot be read holds nothing up.</summary>
    private static long AtOf(ReadOnlyMemory<byte> core)
    {
        try
        {
            using var json = JsonDocument.Parse(core);
            return json.RootElement.TryGetProperty("at", out var at) && at.TryGetInt64(out var micros) ? micros : 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return 0;
        }
    }

    private long Age(long at) => at == 0 ? 0 : Math.Max(0, (time.GetUtcNow().ToMicros() - at) / 1_000_000);

    /// <summary>A while that passes by no clock that somebody sets.</summary>
    private sealed class Pause(TimeProvider time)
    {
        private long _since;
        private TimeSpan _length;

        public bool IsOver => _length == TimeSpan.Zero || time.GetElapsedTime(_since) >= _length;

        public void Begin(TimeSpan length) => (_since, _length) = (time.GetTimestamp(), length);
    }

    private async Task DropAsync()
    {
        _open?.Dispose();
        _open = null;
        if (_lease is { } lease)
        {
            _lease = null;
            await lease.DisposeAsync();
        }
    }
}

/// <summary>How the tree stands.</summary>
/// <param name="Size">Leaves that are hashed and stored.</param>
/// <param name="Published">Leaves of the last checkpoint.</param>
/// <param name="Missing">Records that it does not cover.</param>
/// <param name="OldestAt">When the oldest of them was made, microseconds; 0: there is none.</param>
/// <param name="Fault">Why nothing is signed; null: it is.</param>
public sealed record LogState(long Size, long Published, long Missing, long OldestAt, LogBrokenException? Fault)
{
    /// <summary>When the last checkpoint was published, microseconds; 0: there is none.</summary>
    public long PublishedAt { get; init; }

    /// <summary>What was published when the fault was found.</summary>
    public long FaultSize { get; init; }

    /// <summary>Since when (a time stamp) turns fail otherwise, and by what; null: they do not.</summary>
    public (long Since, string What)? Failure { get; init; }
}
