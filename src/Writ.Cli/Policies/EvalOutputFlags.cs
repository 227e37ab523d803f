using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Rego;

namespace Writ.Cli.Policies;

/// <summary>What eval tells besides the answer, and how it ends.</summary>
internal sealed class EvalOutputFlags
{
    private readonly Option<string> _format = Flags.Format("json", "values", "bindings", "pretty", "raw", "discard");
    private readonly Option<bool> _fails = Flags.Switch("--fail", "Ends with 1 when the answer is undefined.");
    private readonly Option<bool> _failsDefined = Flags.Switch(
        "--fail-defined", "Ends with 1 when there is an answer.");

    private readonly Option<string> _explain = Flags.OneOf(
        "--explain", "Tells what happened.", "off", "full", "notes", "fails", "debug");

    private readonly Option<bool> _coverage = Flags.Switch("--coverage", "Reports which lines were reached.");
    private readonly Option<bool> _profile = Flags.Switch("--profile", "Reports what each rule cost.");

    private readonly Option<int> _profileLimit = new("--profile-limit")
    {
        Description = "How many rules of the profile to show; 10.",
        HelpName = "N",
        DefaultValueFactory = _ => 10,
    };

    private readonly Option<bool> _metrics = Flags.Switch("--metrics", "Reports how long each stage took.");

    private readonly Option<int> _prettyLimit = new("--pretty-limit")
    {
        Description = "Where a table cuts long values; 80.",
        HelpName = "N",
        DefaultValueFactory = _ => 80,
    };

    public IEnumerable<Option> All =>
    [
        _format, _fails, _failsDefined, _explain, _coverage, _profile, _profileLimit, _metrics, _prettyLimit,
    ];

    public void Check(Call call)
    {
        if (call.Get(_fails) && call.Get(_failsDefined))
            throw new UsageException("Give --fail or --fail-defined, not both.");
    }

    public bool IsTraced(Call call) => call.Get(_coverage) || call.Get(_profile) || call.Get(_explain) != "off";

    public bool HasMetrics(Call call) => call.Get(_metrics) || call.Get(_profile);

    public bool IsWanted(Call call, bool isDefined) =>
        !(call.Get(_fails) && !isDefined) && !(call.Get(_failsDefined) && isDefined);

    public void Report(Call call, EvalReport report, EvaluationTrace trace, CompiledPolicy policy)
    {
        if (call.Get(_explain) is { } mode and not "off")
            report.Explanation = TraceText.Filter(trace.Events, mode);
        if (call.Get(_coverage))
            report.Coverage = new CoverageReport(policy.Lines, trace.ReachedLines);
        if (call.Get(_profile))
        {
            report.Profile = [.. trace.Profile.Select(one => (one.Key, one.Value))
                .OrderByDescending(one => one.Value.Time).Take(Math.Max(call.Get(_profileLimit), 0))];
        }
    }

    public Task WriteAsync(Call call, EvalReport report)
    {
        var format = call.Get(_format)!;
        if (report.Error is { } error && format is not ("json" or "discard" or "pretty"))
            return call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
        if (format == "pretty" && report.Error is { } wrong)
        {
            call.Outside.Out.Write(TraceText.Pretty(report.Explanation ?? []));
            return call.Outside.Error.WriteLineAsync(ErrorText.Pretty(wrong));
        }

        return call.Outside.Out.WriteAsync(format switch
        {
            "values" => EvalText.Values(report.Solutions),
            "bindings" => EvalText.Bindings(report.Solutions),
            "raw" => EvalText.Raw(report.Solutions),
            "pretty" => EvalText.Pretty(report, call.Get(_prettyLimit)),
            _ => EvalText.Json(report, isDiscarded: format == "discard"),
        });
    }
}
