using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Reports;

/// <summary>Whether one rule held when it was tried, and if not, on which expression it failed last.</summary>
internal sealed class RuleOutcome(TraceEvent entered)
{
    public string Name => entered.Text;

    public string File => entered.File;

    public int Row => entered.Row;

    /// <summary>How many rules lie around it.</summary>
    public int Depth => entered.Depth;

    public bool HasHeld { get; private set; }

    public TraceEvent? FailedAt { get; private set; }

    /// <summary>The rules in the order in which they were tried.</summary>
    public static IReadOnlyList<RuleOutcome> Of(IEnumerable<TraceEvent> events)
    {
        var outcomes = new List<RuleOutcome>();
        var open = new Stack<RuleOutcome>();
        foreach (var one in events)
        {
            switch (one)
            {
                case { Kind: TraceKind.Enter }:
                    var outcome = new RuleOutcome(one);
                    outcomes.Add(outcome);
                    open.Push(outcome);
                    break;
                case { Kind: TraceKind.Exit }:
                    var held = open.Pop();
                    (held.HasHeld, held.FailedAt) = (true, null);
                    break;
                case { Kind: TraceKind.Fail, IsRule: true }:
                    open.Pop();
                    break;
                case { Kind: TraceKind.Fail } when open.TryPeek(out var rule):
                    rule.FailedAt ??= one; // the innermost of those that end together comes first
                    break;
            }
        }

        return outcomes;
    }
}
