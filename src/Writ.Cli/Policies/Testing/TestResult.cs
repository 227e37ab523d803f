using Writ.Rego;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Testing;

/// <summary>How a test went.</summary>
internal sealed record TestResult(PolicyTest Test, TestOutcome Outcome, TimeSpan Duration)
{
    public RegoError? Error { get; init; }

    public IReadOnlyList<TestCase> Cases { get; init; } = [];

    /// <summary>What it printed.</summary>
    public string Output { get; init; } = "";

    public EvaluationTrace? Trace { get; init; }

    public bool Passed => Outcome == TestOutcome.Pass;

    public string Word => Outcome.ToString().ToUpperInvariant();
}
