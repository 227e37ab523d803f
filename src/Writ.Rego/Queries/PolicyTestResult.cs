namespace Writ.Rego.Queries;

/// <summary>How a test went.</summary>
/// <param name="Test">The test.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Duration">How long it took.</param>
public sealed record PolicyTestResult(PolicyTest Test, PolicyTestOutcome Outcome, TimeSpan Duration)
{
    /// <summary>Why it could not be evaluated.</summary>
    public RegoError? Error { get; init; }

    /// <summary>Its cases, where it has some.</summary>
    public IReadOnlyList<PolicyTestCase> Cases { get; init; } = [];

    /// <summary>What it printed.</summary>
    public string Output { get; init; } = "";

    /// <summary>What it did, where the run is traced.</summary>
    public EvaluationTrace? Trace { get; init; }

    /// <summary>Whether it holds.</summary>
    public bool Passed => Outcome == PolicyTestOutcome.Pass;
}
