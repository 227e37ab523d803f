namespace Writ.Rego.Queries;

/// <summary>Whether one rule held when it was tried, and if not, on which expression it failed first.</summary>
public sealed class RuleOutcome
{
    private RuleOutcome(TraceEvent entered) =>
        (Name, File, Row, Depth) = (entered.Text, entered.File, entered.Row, entered.Depth);

    /// <summary>The rule: <c>data.authz.allow</c>.</summary>
    public string Name { get; }

    /// <summary>Its module's file.</summary>
    public string File { get; }

    /// <summary>Its line, from 1.</summary>
    public int Row { get; }

    /// <summary>How many rules lie around it.</summary>
    public int Depth { get; }

    /// <summary>Whether it had a value.</summary>
    public bool HasHeld { get; private set; }

    /// <summary>Of one that did not hold, the expression that failed first; null where none did.</summary>
    public TraceEvent? FailedAt { get; private set; }

    /// <summary>The rules in the order in which they were tried.</summary>
    /// <param name="events">What a traced run did.</param>
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
