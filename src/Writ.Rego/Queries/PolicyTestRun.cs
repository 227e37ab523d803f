using System.Text;
using Writ.Rego.Builtins;
using Writ.Rego.Bundles;
using Writ.Rego.Values;

namespace Writ.Rego.Queries;

/// <summary>Compiled tests, and what their runs reached together. Used by one thread.</summary>
public sealed class PolicyTestRun
{
    private readonly List<RegoArray> _begun = []; // cases of the test that runs
    private readonly HashSet<(string File, int Row)> _reached = [];
    private readonly PolicySet _files;
    private readonly TimeProvider _time;
    private readonly bool _isTraced;

    /// <summary>Compiles the policy with its tests.</summary>
    /// <param name="files">Both.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="time">The clock that bounds and times the runs.</param>
    /// <param name="isTraced">Whether it is told which lines were reached.</param>
    /// <exception cref="RegoError">They do not compile.</exception>
    public PolicyTestRun(PolicySet files, PolicyOptions options, TimeProvider time, bool isTraced)
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

    /// <summary>The policy, with its tests.</summary>
    public CompiledPolicy Policy { get; }

    /// <summary>The lines that all runs so far reached; none when they are not traced.</summary>
    public IReadOnlySet<(string File, int Row)> Reached => _reached;

    /// <summary>What one test may cost.</summary>
    public EvaluationLimits Limits { get; init; } = EvaluationLimits.Default;

    /// <summary>Ends all runs.</summary>
    public CancellationToken Cancel { get; init; }

    /// <summary>What a test sees.</summary>
    public QueryInput Input => new()
    {
        Data = _files.Data,
        Limits = Limits,
        Time = _time,
        Cancellation = Cancel,
    };

    /// <summary>Runs a test.</summary>
    public PolicyTestResult Run(PolicyTest test)
    {
        if (test.IsSkipped)
            return new PolicyTestResult(test, PolicyTestOutcome.Skipped, TimeSpan.Zero);
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
        var cases = test.HasCases ? PolicyTestCase.Of(value, _begun) : [];
        if (outcome == PolicyTestOutcome.Pass && cases.Any(one => one.HasFailed))
            outcome = PolicyTestOutcome.Fail;
        return new PolicyTestResult(test, outcome, duration)
        {
            Error = error,
            Cases = cases,
            Output = output.ToString(),
            Trace = trace,
        };
    }

    private (PolicyTestOutcome Outcome, RegoValue? Value, RegoError? Error) Evaluate(PolicyTest test, QueryInput input)
    {
        try
        {
            var value = Policy.PrepareValue(test.Query).Run(input);
            var holds = value is RegoBoolean { Value: true } || (test.HasCases && value is RegoObject);
            return (holds ? PolicyTestOutcome.Pass : PolicyTestOutcome.Fail, value, null);
        }
        catch (RegoError error)
        {
            return (PolicyTestOutcome.Error, null, error);
        }
    }
}
