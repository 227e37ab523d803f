using Writ.Server.Governance;
using Writ.Testing;

namespace Writ.Server.Tests.Governance;

/// <summary>Whoever guesses codes is stopped, and stops nobody else.</summary>
public sealed class MissLimitTests
{
    private readonly FakeTimeProvider _time = FakeTimeProvider.AtPresent();

    [Fact]
    public void Source_is_stopped_for_the_rest_of_its_minute()
    {
        var limit = new MissLimit(_time);
        Miss(limit, "guesser");

        Assert.True(limit.IsStopped("guesser"));
        Assert.False(limit.IsStopped("somebody"));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(limit.IsStopped("guesser"));
    }

    [Fact]
    public void Ten_thousand_guessers_lock_nobody_else_out()
    {
        var limit = new MissLimit(_time);
        for (var i = 0; i < MissLimit.MaxSources; i++) Miss(limit, $"guesser-{i}");
        Miss(limit, "one more");

        Assert.False(limit.IsStopped("somebody"));
        Assert.True(limit.IsStopped("guesser-0"));
        Assert.True(limit.IsStopped($"guesser-{MissLimit.MaxSources - 1}"));
    }

    private static void Miss(MissLimit limit, string source)
    {
        for (var i = 0; i < MissLimit.MaxPerMinute; i++) limit.Add(source);
    }
}
