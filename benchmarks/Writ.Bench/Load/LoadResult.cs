namespace Writ.Bench.Load;

/// <summary>What a load showed: rate, latency in microseconds, the server's CPU time per request.</summary>
internal sealed record LoadResult(double PerSecond, double P50, double P99, double CpuMicros, int Errors)
{
    /// <summary>The run in the middle by rate: one noisy neighbour does not make the figure.</summary>
    public static LoadResult Median(IReadOnlyList<LoadResult> runs)
    {
        var middle = runs.OrderBy(r => r.PerSecond).ElementAt(runs.Count / 2);
        return middle with { Errors = runs.Sum(r => r.Errors) };
    }
}
