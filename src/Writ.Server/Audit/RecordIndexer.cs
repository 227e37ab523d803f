using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>
/// Follows the log and fills the search index, in the order of the dense index: nothing is skipped, whoever committed
/// late. A crash repeats the last step, which changes nothing. One replica at a time.
/// </summary>
public sealed class RecordIndexer(Database database)
{
    private const int Step = 2000;
    private const int StepsAgain = 10;

    /// <summary>How long a reader waits for the index at the most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private readonly RecordStore _records = new(database);
    private volatile bool _isWhole; // that there is nothing to be indexed again stays true
    private readonly SemaphoreSlim _gate = new(1, 1); // one at a time here, so that nobody waits for our own lease

    /// <summary>Indexes what was in the log when it was called, and no more: a busy log does not hold it for ever.
    /// Stops where another replica does this work.</summary>
    public async Task RunAsync(CancellationToken cancel = default)
    {
        await _gate.WaitAsync(cancel);
        try
        {
            await StepToAsync(await _records.HeadAsync(cancel), CancellationToken.None, cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>
    /// Waits until all that was in the log at this call is in the index, whichever replica puts it there; for
    /// <see cref="Patience"/> at the most. Answers how many records are missing then.
    /// </summary>
    public async Task<long> CatchUpAsync(CancellationToken cancel = default)
    {
        // Other processes do not go by our clock: what is waited for here passes in real time.
        using var limit = new CancellationTokenSource(Patience, TimeProvider.System);
        var head = await _records.HeadAsync(cancel);
        while (true)
        {
            var missing = head - await _records.IndexedAsync(cancel);
            if (missing <= 0) return 0;
            if (limit.IsCancellationRequested) return missing;
            if (!await TryStepToAsync(head, limit.Token, cancel))
                await Task.Delay(Pause, TimeProvider.System, cancel);
        }
    }

    /// <summary>How many records of before are not found by all that records are found by now. By their tasks,
    /// credentials, actors and subjects they are.</summary>
    public async Task<long> AgainMissingAsync(CancellationToken cancel = default)
    {
        if (_isWhole) return 0;
        var end = await _records.ReaderAsync(RecordStore.AgainEnd, cancel);
        var missing = Math.Max(0, end - await _records.ReaderAsync(RecordStore.AgainReader, cancel));
        _isWhole = missing == 0;
        return missing;
    }

    /// <summary>
    /// One step through the records that an older build indexed, which kept less of them; they are found by the rest
    /// once this has come to them. Apart from the index itself, which others rest on: what is alive is known all the
    /// while.
    /// </summary>
    public async Task AgainAsync(CancellationToken cancel = default)
    {
        for (var (end, step) = (await _records.ReaderAsync(RecordStore.AgainEnd, cancel), 0); step < StepsAgain; step++)
        {
            var next = await _records.ReaderAsync(RecordStore.AgainReader, cancel);
            if (next >= end) return;
            await using var lease = await database.TryLeaseAsync("record-index-again", cancel);
            if (lease is null) return;
            var rows = await _records.FromAsync(next, (int)Math.Min(Step, end - next), cancel);
            var index = await ReadAsync(rows, cancel);
            await database.WriteAsync(async tx =>
            {
                if (!await lease.HoldAsync(tx)) return false;
                if (await IsOutOfDateAsync(tx, RecordStore.AgainReader, next, rows)) return false;
                await RecordStore.UpdateIndexAsync(tx, index);
                await tx.InsertBlocksAsync(RecordBlocks.Of(index));
                await RecordStore.MoveReaderAsync(
                    tx, RecordStore.AgainReader, rows.Count == 0 ? end : rows[^1].Idx + 1);
                return true;
            }, cancel);
        }
    }

    /// <summary>Whether something of these records was erased since they were read: then they are read once more. The
    /// reader's row, written first, is what an erasure waits for, or what this waits for.</summary>
    private static async Task<bool> IsOutOfDateAsync(
        StoreTransaction tx, string reader, long next, IReadOnlyList<RecordRow> rows)
    {
        await RecordStore.MoveReaderAsync(tx, reader, next);
        return await RecordStore.AreErasedSinceAsync(tx, rows);
    }

    /// <summary>What the index keeps of these records.</summary>
    public async Task<IReadOnlyList<RecordIndexRow>> ReadAsync(
        IReadOnlyList<RecordRow> rows, CancellationToken cancel = default)
    {
        var index = rows.Select(RecordBody.Index).ToArray();
        // What has no time has that of the record before it: places are searched by time.
        for (var i = 0; i < index.Length; i++)
            if (index[i].At == 0)
            {
                var at = i > 0 ? index[i - 1].At : await _records.TimeBeforeAsync(rows[i].Idx, cancel);
                index[i] = index[i] with { At = at };
            }
        var names = index.Select(r => r.Task).OfType<string>().Distinct(StringComparer.Ordinal).ToArray();
        var tasks = await _records.TaskLinesAsync(names, cancel);
        if (tasks.Count == 0) return index;
        for (var i = 0; i < index.Length; i++)
            if (index[i].Task is { } name && tasks.TryGetValue(name, out var task))
                index[i] = RecordReading.WithTask(index[i], task, rows[i].IsErased);
        return index;
    }

    private async Task<bool> TryStepToAsync(long head, CancellationToken limit, CancellationToken cancel)
    {
        if (!await _gate.WaitAsync(Pause, cancel)) return false;
        try
        {
            return await StepToAsync(head, limit, cancel);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>False: another replica is at it.</summary>
    private async Task<bool> StepToAsync(long head, CancellationToken limit, CancellationToken cancel)
    {
        if (await _records.IndexedAsync(cancel) >= head) return true;
        await using var lease = await database.TryLeaseAsync("record-index", cancel);
        if (lease is null) return false;
        while (!limit.IsCancellationRequested)
        {
            var next = await _records.IndexedAsync(cancel);
            if (next >= head) return true;
            var rows = await _records.FromAsync(next, (int)Math.Min(Step, head - next), cancel);
            if (rows.Count == 0) return true;
            var index = await ReadAsync(rows, cancel);
            var notices = rows.Zip(index).SelectMany(r => RecordBody.Notices(r.First, r.Second)).ToArray();
            var held = await database.WriteAsync<bool?>(async tx =>
            {
                if (!await lease.HoldAsync(tx)) return false;
                if (await IsOutOfDateAsync(tx, RecordStore.IndexReader, next, rows)) return null;
                await tx.InsertIndexAsync(index);
                await tx.InsertBlocksAsync(RecordBlocks.Of(index));
                await RecordStore.InsertNoticesAsync(tx, notices);
                await RecordStore.MoveReaderAsync(tx, RecordStore.IndexReader, rows[^1].Idx + 1);
                return true;
            }, cancel);
            if (held == false) return false;
        }
        return true;
    }
}
