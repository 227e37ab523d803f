namespace Writ.Client.Tests;

/// <summary>A clock that the test moves: wall clock and timestamps together. Timers are the system's.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly DateTimeOffset _start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private TimeSpan _elapsed = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;


    public override DateTimeOffset GetUtcNow() => _start + _elapsed;

    public override long GetTimestamp() => _elapsed.Ticks;

    internal void Advance(TimeSpan by) => _elapsed += by;
}
