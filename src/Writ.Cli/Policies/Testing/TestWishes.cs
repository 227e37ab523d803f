using System.Text.RegularExpressions;

namespace Writ.Cli.Policies.Testing;

/// <summary>What was asked of a run of tests.</summary>
internal sealed record TestWishes
{
    public required string Format { get; init; }

    public required Regex? Pattern { get; init; }

    public required bool HasCoverage { get; init; }

    public required double Threshold { get; init; }

    public required TimeSpan Timeout { get; init; }

    public required bool IsTraced { get; init; }

    public required bool IsVerbose { get; init; }

    public required bool IsBench { get; init; }

    public required bool HasMemory { get; init; }

    public required int Count { get; init; }

    public required bool MaySkip { get; init; }

    public required bool FailsEmpty { get; init; }

    public required TestText Text { get; init; }
}
