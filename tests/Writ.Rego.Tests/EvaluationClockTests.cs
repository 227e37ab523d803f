using System.Diagnostics;

namespace Writ.Rego.Tests;

/// <summary>What bounds an evaluation is what it uses itself.</summary>
public sealed class EvaluationClockTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    [Fact]
    public void Thread_that_is_off_the_processor_uses_none_of_its_time()
    {
        var clock = new EvaluationClock(Now, TimeProvider.System);
        var began = clock.GetTimestamp();

        Thread.CurrentThread.Join(200);

        Assert.InRange(clock.GetElapsedTime(began).TotalMilliseconds, 19, 150); // a tenth of the wall time
        Assert.Equal(Now, clock.GetUtcNow());
    }

    [Fact]
    public void Busy_thread_uses_as_much_as_it_is_busy()
    {
        var clock = new EvaluationClock(Now, TimeProvider.System);
        var began = clock.GetTimestamp();
        var used = ThreadTime.Nanoseconds;
        var wall = Stopwatch.StartNew();

        while (ThreadTime.Nanoseconds - used < 30_000_000 && wall.Elapsed < TimeSpan.FromSeconds(20))
        {
        }

        Assert.True(clock.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(30));
        Assert.True(wall.Elapsed >= TimeSpan.FromMilliseconds(30));
    }

    [Fact]
    public void Clock_of_whoever_evaluates_bounds_it_where_it_is_not_the_systems()
    {
        var clock = new EvaluationClock(Now, new Standing());

        Assert.Equal(7, clock.GetTimestamp());
        Assert.Equal(TimeProvider.System.TimestampFrequency, clock.TimestampFrequency);
    }

    private sealed class Standing : TimeProvider
    {
        public override long GetTimestamp() => 7;
    }
}
