using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy eval</c>: the answer to a query, as <c>opa eval</c> gives it.</summary>
internal static class EvalVerb
{
    public static Command Create(Verbs verbs)
    {
        var query = new EvalFlags();
        var output = new EvalOutputFlags();
        return verbs.Ending(
            "eval", "Evaluates a query.", call => RunAsync(call, query, output), [.. query.All, .. output.All]);
    }

    private static async Task<int> RunAsync(Call call, EvalFlags flags, EvalOutputFlags output)
    {
        output.Check(call);
        var query = flags.Query(call);
        var report = new EvalReport();
        try
        {
            Evaluate(call, flags, output, query, report);
        }
        catch (RegoError error)
        {
            report.Error = error;
        }

        await output.WriteAsync(call, report);
        return report.Error is not null ? PolicyExit.Failed
            : output.IsWanted(call, report.Solutions.Count > 0) ? PolicyExit.Yes
            : PolicyExit.No;
    }

    private static void Evaluate(Call call, EvalFlags flags, EvalOutputFlags output, string query, EvalReport report)
    {
        var clock = new StageClock(call.Outside.Time, output.HasMetrics(call) ? report.Metrics : null);
        var files = clock.Time("load_files", () => flags.Load(call));
        var options = flags.Sources.Options(call) with { IsTraced = output.IsTraced(call) };
        var policy = clock.Time("module_compile", () => files.Compile(options));
        var prepared = clock.Time("query_compile", () => policy.PrepareExpressions(query, flags.Scope(call)));
        var input = clock.Time("input_parse", () => flags.Input(call, files));
        var trace = options.IsTraced ? new EvaluationTrace { MaxEvents = 1_000_000 } : null;
        try
        {
            report.Solutions = clock.Time("query_eval", () => prepared.Run(input with { Trace = trace }));
        }
        finally
        {
            if (trace is not null)
                output.Report(call, report, trace, policy);
        }
    }
}
