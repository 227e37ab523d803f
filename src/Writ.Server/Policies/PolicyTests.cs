using Writ.Rego;
using Writ.Rego.Bundles;
using Writ.Rego.Queries;

namespace Writ.Server.Policies;

/// <summary>Runs the tests of a policy before it comes into force: all of them pass, or it does not.</summary>
internal static class PolicyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly EvaluationLimits Limits = EvaluationLimits.Default with
    {
        Time = TimeSpan.FromSeconds(5),
        Bytes = 256 << 20,
    };

    /// <summary>How many passed, and what is to be said of each that did not. Throws what does not compile.</summary>
    /// <exception cref="RegoError">The policy does not compile with its tests.</exception>
    public static (int Passed, IReadOnlyList<string> Failed) Run(
        PolicySet files, TimeProvider time, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = time.CreateTimer(_ => enough.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
        var run = new PolicyTestRun(files, PolicyOptions.Default, time, isTraced: false)
        {
            Limits = Limits,
            Cancel = enough.Token,
        };
        var passed = 0;
        var failed = new List<string>();
        foreach (var test in PolicyTest.Of(run.Policy))
        {
            if (test.IsSkipped) continue;
            try
            {
                var result = run.Run(test);
                if (result.Passed) passed++;
                else failed.Add($"{test.FullName}: {result.Error?.Diagnostics[0].ToString() ?? "does not hold"}");
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                failed.Add($"{test.FullName}: all tests together take longer than {Patience.TotalSeconds} s");
                break;
            }
        }
        return (passed, failed);
    }
}
