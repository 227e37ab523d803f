using Writ.Rego;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Reports;

/// <summary>All that an evaluation has to tell; what was not asked for is null.</summary>
internal sealed class EvalReport
{
    public RegoError? Error { get; set; }

    public IReadOnlyList<QuerySolution> Solutions { get; set; } = [];

    public List<(string Name, long Value)> Metrics { get; } = [];

    public IReadOnlyList<TraceEvent>? Explanation { get; set; }

    public IReadOnlyList<(string Place, RuleCost Cost)>? Profile { get; set; }

    public CoverageReport? Coverage { get; set; }
}
