using Writ.Rego;

namespace Writ.Cli.Policies;

/// <summary>What a query may cost that a person asks at a terminal: much more than a request, and yet finite.</summary>
internal static class CommandLimits
{
    public static readonly TimeSpan Usual = TimeSpan.FromMinutes(5);

    public static EvaluationLimits Of(TimeSpan time) => EvaluationLimits.Default with
    {
        Steps = 100_000_000_000,
        Items = 100_000_000,
        Time = time,
    };
}
