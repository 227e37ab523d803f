using Writ.Rego;
using Writ.Rego.Bundles;

namespace Writ.Server.Policies;

/// <summary>
/// Tries a policy before it decides anything: it compiles, has rules, and passes its tests. One at a time, since each
/// may take seconds of a processor.
/// </summary>
public sealed class PolicyTrial(TimeProvider time)
{
    private const int MostSaid = 20;
    private readonly SemaphoreSlim _one = new(1, 1); // has no wait handle, so needs no disposal

    /// <summary>Tries it at once; null: another one is being tried.</summary>
    public PolicyTried? TryNow(PolicySet files, CancellationToken cancel)
    {
        if (!_one.Wait(0, CancellationToken.None)) return null;
        try
        {
            return Run(files, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Tries it once those before it are done.</summary>
    public async Task<PolicyTried> TryAsync(PolicySet files, CancellationToken cancel)
    {
        await _one.WaitAsync(cancel);
        try
        {
            return Run(files, cancel);
        }
        finally
        {
            _one.Release();
        }
    }

    private PolicyTried Run(PolicySet files, CancellationToken cancel)
    {
        try
        {
            var version = PolicyVersion.Of(files);
            var (passed, failed) = PolicyTests.Run(files, time, cancel);
            return failed.Count == 0
                ? new PolicyTried(version, passed, null, "")
                : new PolicyTried(null, passed, "policy_tests_failed", $"Its tests fail: {Some(failed)}");
        }
        catch (RegoError error)
        {
            return new PolicyTried(null, 0, "policy_invalid", Some(error.Diagnostics));
        }
    }

    private static string Some<T>(IEnumerable<T> faults) => string.Join("; ", faults.Take(MostSaid));
}

/// <summary>What came of trying a policy.</summary>
/// <param name="Version">It, ready to decide; null: it cannot.</param>
/// <param name="TestsPassed">How many of its tests passed.</param>
/// <param name="Code">Why it cannot, as a stable code; null: it can.</param>
/// <param name="Message">The same for people, with the places.</param>
public sealed record PolicyTried(PolicyVersion? Version, int TestsPassed, string? Code, string Message);
