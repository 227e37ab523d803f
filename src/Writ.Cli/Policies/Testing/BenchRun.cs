namespace Writ.Cli.Policies.Testing;

/// <summary>Runs something again and again for a second, after half a second that does not count.</summary>
internal static class BenchRun
{
    private const int MostSamples = 2_000_000;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(1);

    public static BenchResult Of(Action act, TimeProvider time, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        do
        {
            act();
            cancel.ThrowIfCancellationRequested();
        }
        while (time.GetElapsedTime(began) < WarmUp);

        var samples = new List<double>(1 << 16);
        began = time.GetTimestamp();
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var bytes = 0L;
        do
        {
            var start = time.GetTimestamp();
            act();
            var taken = time.GetElapsedTime(start);
            bytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
            samples.Add(taken.TotalNanoseconds);
            cancel.ThrowIfCancellationRequested();
            allocated = GC.GetAllocatedBytesForCurrentThread(); // what the list took is not the query's
        }
        while (samples.Count < MostSamples && time.GetElapsedTime(began) < Measured);

        samples.Sort();
        return new BenchResult(samples, bytes);
    }
}
