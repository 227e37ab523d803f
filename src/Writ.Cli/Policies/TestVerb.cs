using System.CommandLine;
using System.Text.RegularExpressions;
using Writ.Cli.Policies.Reports;
using Writ.Cli.Policies.Testing;
using Writ.Rego;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy test</c>: runs the rules named <c>test_…</c>, as <c>opa test</c> does.</summary>
internal static class TestVerb
{
    public static Command Create(Verbs verbs)
    {
        var flags = new TestFlags();
        return verbs.Ending("test", "Runs the tests of policies.", call => RunAsync(call, flags), flags.All);
    }

    private static async Task<int> RunAsync(Call call, TestFlags flags)
    {
        var wanted = flags.Read(call);
        try
        {
            var run = new PolicyTestRun(
                flags.Load(call), flags.Sources.Options(call), call.Outside.Time, wanted.IsTraced)
            {
                Limits = CommandLimits.Of(wanted.Timeout),
                Cancel = call.Cancel,
            };
            var tests = PolicyTest.Of(run.Policy).Where(test => Fits(wanted.Pattern, test.FullName)).ToArray();
            for (var i = 0; i < wanted.Count; i++)
            {
                var code = wanted.IsBench ? await BenchAsync(call, run, tests, wanted)
                    : await OnceAsync(call, run, tests, wanted);
                if (code != PolicyExit.Yes)
                    return code;
            }

            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }

    private static bool Fits(Regex? pattern, string name) => pattern is null || pattern.IsMatch(name);

    private static async Task<int> OnceAsync(Call call, PolicyTestRun run, PolicyTest[] tests, TestWishes wanted)
    {
        var results = tests.Select(run.Run).ToArray();
        if (wanted.HasCoverage)
            return await CoverageAsync(call, run, results, wanted);
        await call.Outside.Out.WriteAsync(wanted.Format == "json" ? TestJson.Of(results) : wanted.Text.Of(results));
        if (tests.Length == 0 && wanted.FailsEmpty)
        {
            await call.Outside.Error.WriteLineAsync("no tests were run");
            return PolicyExit.No;
        }

        return results.All(result => result.Passed || (result.Outcome == PolicyTestOutcome.Skipped && wanted.MaySkip))
            ? PolicyExit.Yes
            : PolicyExit.Failed;
    }

    /// <summary>Of failing tests nothing is reported but that they fail.</summary>
    private static async Task<int> CoverageAsync(
        Call call, PolicyTestRun run, PolicyTestResult[] results, TestWishes wanted)
    {
        var failed = results.Where(one => one.Outcome is PolicyTestOutcome.Fail or PolicyTestOutcome.Error).ToArray();
        if (failed.Length > 0)
        {
            await call.Outside.Out.WriteAsync(wanted.Text.Of(failed));
            return PolicyExit.No;
        }

        var coverage = new CoverageReport(run.Policy.Lines, run.Reached);
        if (coverage.Percentage >= wanted.Threshold)
        {
            await call.Outside.Out.WriteLineAsync(coverage.Json());
            return PolicyExit.Yes;
        }

        await call.Outside.Error.WriteLineAsync(
            FormattableString.Invariant(
                $"Code coverage threshold not met: got {coverage.Percentage:0.00} instead of {wanted.Threshold:0.00}"));
        if (wanted.IsVerbose)
        {
            await call.Outside.Error.WriteLineAsync(
                $"Lines not covered:\n{string.Join('\n', coverage.Missed.Select(lines => $"\t{lines}"))}");
        }

        return PolicyExit.Failed;
    }

    private static async Task<int> BenchAsync(Call call, PolicyTestRun run, PolicyTest[] tests, TestWishes wanted)
    {
        var code = PolicyExit.Yes;
        foreach (var test in tests.Where(test => !test.IsSkipped))
        {
            var once = run.Run(test);
            if (!once.Passed)
            {
                await call.Outside.Out.WriteAsync(wanted.Text.Of([once]));
                code = PolicyExit.Failed;
                continue;
            }

            var prepared = run.Policy.PrepareValue(test.Query);
            var result = BenchRun.Of(() => prepared.Run(run.Input), call.Outside.Time, call.Cancel);
            var name = wanted.Format == "gobench" ? GoName(test.FullName) : test.FullName;
            await call.Outside.Out.WriteLineAsync(
                wanted.Format == "json"
                    ? PrettyJson.Object(
                        ("name", PrettyJson.Text(name)),
                        ("benchmark_result", result.Json(wanted.HasMemory, true).Trim()))
                    : result.Line(name, wanted.HasMemory));
        }

        return code;
    }

    /// <summary><c>BenchmarkDataAuthzTestAdmin</c>: a name that Go's tools take.</summary>
    private static string GoName(string name) => "Benchmark" + string.Concat(
        name.Split('.', '_').Where(word => word.Length > 0).Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
}
