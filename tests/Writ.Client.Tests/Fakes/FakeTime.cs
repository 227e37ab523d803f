namespace Writ.Client.Tests;

/// <summary>A clock that the test moves: wall clock and timestamps together. Timers are the system's.</summary>
internal sealed class FakeTime(DateTimeOffset start) : TimeProvider
{
    private TimeSpan _elapsed;

    internal FakeTime()
        : this(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;


    public override DateTimeOffset GetUtcNow() => start + _elapsed;

    public override long GetTimestamp() => _elapsed.Ticks;

    internal void Advance(TimeSpan by) => _elapsed += by;
}
