namespace Writ.Cli.Policies.Reports;

/// <summary>How long each stage took, under the names of OPA's timers.</summary>
internal sealed class StageClock(TimeProvider time, List<(string Name, long Value)>? metrics)
{
    public T Time<T>(string stage, Func<T> act)
    {
        var began = time.GetTimestamp();
        var result = act();
        metrics?.Add(($"timer_rego_{stage}_ns", (long)time.GetElapsedTime(began).TotalNanoseconds));
        return result;
    }
}
