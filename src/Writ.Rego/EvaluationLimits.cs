namespace Writ.Rego;

/// <summary>What one query may cost at most; each of them is finite.</summary>
public sealed record EvaluationLimits
{
    /// <summary>Ten million steps, depth 500, a million collected items, ten seconds, a gibibyte.</summary>
    public static EvaluationLimits Default { get; } = new();

    /// <summary>What one decision of a broker, or of an API by a broker's policy, may cost: both the same, or they
    /// would not agree. A million steps, depth 200, 100,000 items, 50 milliseconds, 64 mebibytes.</summary>
    public static EvaluationLimits OneDecision { get; } = new()
    {
        Steps = 1_000_000,
        Depth = 200,
        Items = 100_000,
        ResultParts = 100_000,
        Time = TimeSpan.FromMilliseconds(50),
        Bytes = 64 << 20,
    };

    /// <summary>Steps: items looked at, rules and functions evaluated.</summary>
    public long Steps { get; init; } = 10_000_000;

    /// <summary>Rules and functions within each other.</summary>
    public int Depth { get; init; } = 500;

    /// <summary>Items that comprehensions, partial rules and results collect together.</summary>
    public long Items { get; init; } = 1_000_000;

    /// <summary>Parts of the result, where one that is there twice counts twice: what it takes to write it.</summary>
    public long ResultParts { get; init; } = 10_000_000;

    /// <summary>Time by the clock of the query, wall time unless it is an <see cref="EvaluationClock"/>; built-ins that
    /// take long are ended too.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Bytes that the run allocates all in all, garbage included: it never holds more at once. Documents that are read
    /// lazily count for the run that first looks at them.
    /// </summary>
    public long Bytes { get; init; } = 1L << 30;
}
