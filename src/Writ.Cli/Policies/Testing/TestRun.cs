using System.Text;
using Writ.Cli.Policies.Reports;
using Writ.Rego;
using Writ.Rego.Builtins;
using Writ.Rego.Bundles;
using Writ.Rego.Queries;
using Writ.Rego.Values;

namespace Writ.Cli.Policies.Testing;

/// <summary>Compiled tests, and what their runs reached together. Used by one thread.</summary>
internal sealed class TestRun
{
    private readonly List<RegoArray> _begun = []; // cases of the test that runs
    private readonly HashSet<(string File, int Row)> _reached = [];
    private readonly PolicySet _files;
    private readonly TimeProvider _time;
    private readonly bool _isTraced;

    public TestRun(PolicySet files, PolicyOptions options, TimeProvider time, bool isTraced)
    {
        (_files, _time, _isTraced) = (files, time, isTraced);
        var tell = new Builtin("internal.test_case", "(array[any])", (_, operands) =>
        {
            _begun.Add(operands.Array(0));
            return RegoBoolean.True;
        })
        { IsDeterministic = false };
        Policy = files.Compile(options with
        {
            IsTraced = isTraced,
            SeparatesTests = true,
            Builtins = options.Builtins.With(tell),
        });
    }

    public CompiledPolicy Policy { get; }

    public CoverageReport Coverage => new(Policy.Lines, _reached);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    public CancellationToken Cancel { get; init; }

    public QueryInput Input => new()
    {
        Data = _files.Data,
        Limits = CommandLimits.Of(Timeout),
        Time = _time,
        Cancellation = Cancel,
    };

    public TestResult Run(PolicyTest test)
    {
        if (test.IsSkipped)
            return new TestResult(test, TestOutcome.Skipped, TimeSpan.Zero);
        _begun.Clear();
        var output = new StringBuilder();
        var trace = _isTraced ? new EvaluationTrace { MaxEvents = 1_000_000, Time = _time } : null;
        var began = _time.GetTimestamp();
        var (outcome, value, error) = Evaluate(test, Input with
        {
            Trace = trace,
            Print = line => output.Append(line).Append('\n'),
        });
        var duration = _time.GetElapsedTime(began);
        Cancel.ThrowIfCancellationRequested();
        if (trace is not null)
            _reached.UnionWith(trace.ReachedLines);
        var cases = test.HasCases ? TestCase.Of(value, _begun) : [];
        if (outcome == TestOutcome.Pass && cases.Any(one => one.HasFailed))
            outcome = TestOutcome.Fail;
        return new TestResult(test, outcome, duration)
        {
            Error = error,
            Cases = cases,
            Output = output.ToString(),
            Trace = trace,
        };
    }

    private (TestOutcome Outcome, RegoValue? Value, RegoError? Error) Evaluate(PolicyTest test, QueryInput input)
    {
        try
        {
            var value = Policy.PrepareValue(test.Query).Run(input);
            var holds = value is RegoBoolean { Value: true } || (test.HasCases && value is RegoObject);
            return (holds ? TestOutcome.Pass : TestOutcome.Fail, value, null);
        }
        catch (RegoError error)
        {
            return (TestOutcome.Error, null, error);
        }
    }
}
