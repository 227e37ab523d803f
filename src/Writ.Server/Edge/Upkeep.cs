using System.Diagnostics;

namespace Writ.Server.Edge;

/// <summary>
/// Runs the chores until the broker stops. A chore that fails is logged and tried again at its next turn.
/// </summary>
/// <param name="chores">The work.</param>
/// <param name="spans">Each turn is a trace of its own, where somebody listens.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where failures show.</param>
public sealed class Upkeep(IReadOnlyList<Chore> chores, ActivitySource spans, TimeProvider time, ILogger log)
{
    public Task RunAsync(CancellationToken stop) => Task.WhenAll(chores.Select(c => RunAsync(c, stop)));

    private async Task RunAsync(Chore chore, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(chore.Every, time, stop);
                await RunOnceAsync(chore, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Upkeep must outlive any one failure; what it failed to do is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                log.LogWarning("{Chore} failed: {Kind}: {Reason}", chore.Name, e.GetType().Name, e.Message);
            }
        }
    }

    private async Task RunOnceAsync(Chore chore, CancellationToken stop)
    {
        using var span = spans.StartActivity(chore.Name);
        try
        {
            await chore.RunAsync(stop);
        }
        catch (Exception e)
        {
            span?.Fail(e);
            throw;
        }
    }
}

/// <summary>One piece of background work: a name for the log, how often, and what to do.</summary>
public sealed record Chore(string Name, TimeSpan Every, Func<CancellationToken, Task> RunAsync);
