namespace Writ.Rego;

/// <summary>
/// The clock of one evaluation. The time of day stands still, so that it can be repeated. What bounds it
/// (<see cref="EvaluationLimits.Time"/>) is the processor time of its thread: a thread that others keep off the
/// processor has not used any, and one that waits is bounded by <see cref="Patience"/> times as much wall time.
/// </summary>
/// <param name="now">The time of day that the policy sees.</param>
/// <param name="time">The clock of whoever evaluates; where it is not the system's, it bounds the evaluation.</param>
public sealed class EvaluationClock(DateTimeOffset now, TimeProvider time) : TimeProvider
{
    /// <summary>How much more wall time than processor time an evaluation may take.</summary>
    public const int Patience = 10;

    private readonly bool _isReal = ReferenceEquals(time, System);
    private (long Thread, long Wall)? _began; // by the thread that evaluates

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => now;

    /// <inheritdoc/>
    public override long TimestampFrequency => _isReal ? 1_000_000_000 : time.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        if (!_isReal)
            return time.GetTimestamp();
        var (thread, wall) = (ThreadTime.Nanoseconds, ThreadTime.WallNanoseconds);
        var began = _began ??= (thread, wall);
        return Math.Max(thread - began.Thread, (wall - began.Wall) / Patience);
    }
}
