namespace Writ.Rego.Queries;

/// <summary>What one rule cost in a run.</summary>
/// <param name="Runs">How often it was evaluated.</param>
/// <param name="Steps">How many steps that took, what it called included.</param>
/// <param name="Time">How long that took, what it called and the trace itself included.</param>
public sealed record RuleCost(long Runs, long Steps, TimeSpan Time);
