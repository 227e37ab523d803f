namespace Writ.Server.Audit;

/// <summary>
/// The lock of the log, taken for one attempt before it reads its facts: until the attempt is recorded, or its time is
/// over, nothing that decisions rest on changes at any replica, so that it cannot be overtaken (docs/decisions/0023).
/// A crash meanwhile leaves nothing: the lock goes with its connection.
/// </summary>
public sealed class LogHold : IDisposable
{
    /// <summary>How long everybody who writes waits for one attempt at the most.</summary>
    internal static readonly TimeSpan Most = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<WaitingEntry?> _given =
        new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private readonly Action _ended;
    private ITimer? _end; // owner: Take
    private int _isDisposed;

    internal LogHold(TimeProvider time, Action ended) => (_time, _ended) = (time, ended);

    /// <summary>Done when the lock is held.</summary>
    internal Task Taken => _taken.Task;

    /// <summary>What is to be written behind it; null: nothing, or nothing in time.</summary>
    internal Task<WaitingEntry?> Given => _given.Task;

    /// <summary>Says that the lock is held; its time begins.</summary>
    internal void Take()
    {
        _end ??= _time.CreateTimer(_ => _given.TrySetResult(null), null, Most, Timeout.InfiniteTimeSpan);
        _taken.TrySetResult();
    }

    /// <summary>Says that the lock cannot be had, unless it was.</summary>
    internal void Fail() => _taken.TrySetException(StoreUnavailableException.OutOfSight());

    /// <summary>Hands over what is to be written; false: it is too late for that.</summary>
    internal bool TryGive(WaitingEntry entry) => _given.TrySetResult(entry);

    /// <summary>The attempt is over, with or without a record.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1) return;
        _given.TrySetResult(null);
        _end?.Dispose();
        _ended();
    }
}
