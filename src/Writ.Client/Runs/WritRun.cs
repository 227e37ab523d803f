using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace Writ.Client;

/// <summary>
/// Runs a command as one task. The child gets no credential: it gets the address of an endpoint on loopback, which
/// serves it and its descendants with tokens, proofs and forwarded calls for as long as the command runs.
/// </summary>
/// <remarks>
/// A crash of this process ends the endpoint with it, and the broker ends the task after
/// <see cref="RunOptions.Silence"/> without a heartbeat. What this does not prevent is in SECURITY.md: a child of the
/// same user can read that user's files.
/// </remarks>
public static class WritRun
{
    /// <summary>Exit code when the program is there but cannot be started, as shells have it.</summary>
    public const int CannotStart = 126;

    /// <summary>Exit code when there is no such program, as shells have it.</summary>
    public const int NotFound = 127;

    /// <summary>Opens the task, runs the command to its end, ends the task.</summary>
    /// <returns>The command's exit code; 128 and its number when a signal ended it.</returns>
    /// <exception cref="WritException">The task was refused, or the broker not reached: nothing started.</exception>
    public static async Task<int> RunAsync(RunOptions options, CancellationToken cancel = default)
    {
        ProcessHardening.Apply();
        var trace = CarriedTrace.Of(options.Environment);
        using var carried = Activity.Current is null ? CarriedTrace.Begin(trace) : null;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var writ = new WritClient(options.Client with { ProofKey = key });
        using var child = new ChildProcess(options);
        using var signals = new SignalForwarding(child);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, signals.Early);

        var task = await writ.OpenTaskAsync(options.Task with { Silence = options.Silence }, stop.Token);
        if (options.Task.Deadline is { } wanted && task.Deadline is { } end
            && end < options.Client.Time.GetUtcNow() + wanted - TimeSpan.FromSeconds(5))
        {
            options.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"writ: until {end.UtcDateTime:yyyy-MM-dd HH:mm:ss}, sooner than asked: its bounds allow no more."));
        }

        var code = CannotStart;
        try
        {
            await using var endpoint = await RunEndpoint.StartAsync(task, stop.Token);
            _ = TellOfEndAsync(task, options.Say);
            code = await child.RunAsync(endpoint, stop.Token);
        }
        finally
        {
            await EndAsync(task, code, options.Say);
        }

        return code;
    }

    private static async Task EndAsync(WorkTaskHandle task, int code, Action<string> say)
    {
        try
        {
            await using (task)
            {
                if (code != 0)
                    await task.CancelAsync(string.Create(CultureInfo.InvariantCulture, $"exit code {code}"));
            }
        }
        catch (WritException e) when (e.IsRefusal)
        {
            // It has ended already, by its deadline or by an operator.
        }
        catch (WritException e)
        {
            say($"writ: the end of task {task.Id} could not be told ({e.Code}); the broker ends it for our silence.");
        }
    }

    private static async Task TellOfEndAsync(WorkTaskHandle task, Action<string> say)
    {
        var end = await task.EndedByBroker;
        say($"writ: task {task.Id} was ended by the broker ({end.Code}): its tokens are dead.");
    }
}
