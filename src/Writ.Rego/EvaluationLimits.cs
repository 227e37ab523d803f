namespace Writ.Rego;

/// <summary>What one query may cost at most; each of them is finite.</summary>
public sealed record EvaluationLimits
{
    /// <summary>Ten million steps, depth 500, a million collected items, ten seconds.</summary>
    public static EvaluationLimits Default { get; } = new();

    /// <summary>Steps: items looked at, rules and functions evaluated.</summary>
    public long Steps { get; init; } = 10_000_000;

    /// <summary>Rules and functions within each other.</summary>
    public int Depth { get; init; } = 500;

    /// <summary>Items that comprehensions, partial rules and results collect together.</summary>
    public long Items { get; init; } = 1_000_000;

    /// <summary>Wall time.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(10);
}
