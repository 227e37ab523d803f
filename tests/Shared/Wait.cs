using System.Diagnostics;

namespace Writ.Testing;

/// <summary>Waits, in real time, for something that happens on another thread or in another process.</summary>
public static class Wait
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Until it holds; a failure that names it when it does not within the limit, ten seconds unless told.
    /// </summary>
    public static Task UntilAsync(Func<bool> holds, string what, TimeSpan? limit = null) =>
        UntilAsync(() => Task.FromResult(holds()), what, limit);

    /// <summary>The same for what takes asking; answers how long it took.</summary>
    public static async Task<TimeSpan> UntilAsync(Func<Task<bool>> holds, string what, TimeSpan? limit = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            if (watch.Elapsed > (limit ?? TimeSpan.FromSeconds(10)))
                throw new TimeoutException($"It did not come to pass: {what}.");
            await Task.Delay(Step);
        }
        return watch.Elapsed;
    }
}
