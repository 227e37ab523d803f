namespace Writ.Server.Policies;

/// <summary>The time of day stands still for a decision, so that it can be repeated; the clock that bounds it does not.
/// </summary>
internal sealed class DecisionClock(DateTimeOffset now, TimeProvider time) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;

    public override long GetTimestamp() => time.GetTimestamp();

    public override long TimestampFrequency => time.TimestampFrequency;
}
