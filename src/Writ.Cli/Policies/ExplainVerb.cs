using System.CommandLine;
using System.Text;
using Writ.Cli.Policies.InForce;
using Writ.Cli.Policies.Reports;
using Writ.Cli.Printing;
using Writ.Rego;
using Writ.Rego.Queries;
using Writ.Rego.Values;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy explain</c>: which rules held, where the others failed, and on what facts; of a query here,
/// or of a decision of the broker by its id.</summary>
internal static class ExplainVerb
{
    public static Command Create(Verbs verbs)
    {
        var query = new EvalFlags();
        var format = Flags.Format("pretty", "json");
        return verbs.Ending(
            "explain",
            "Says why an answer is what it is, in words: of a query, or of a decision of the broker (dec_…).",
            call => RunAsync(call, query, call.Get(format)!), [.. query.All, format]);
    }

    private static async Task<int> RunAsync(Call call, EvalFlags flags, string format)
    {
        try
        {
            var query = flags.Query(call);
            if (DecisionExplanation.IsOf(query))
                return await DecisionExplanation.RunAsync(call, query, format == "json");
            var files = flags.Load(call);
            var policy = files.Compile(flags.Sources.Options(call) with { IsTraced = true });
            var trace = new EvaluationTrace { MaxEvents = 1_000_000 };
            var solutions = policy.PrepareExpressions(query, flags.Scope(call))
                .Run(flags.Input(call, files) with { Trace = trace });
            var rules = RuleOutcome.Of(trace.Events);
            await call.Outside.Out.WriteAsync(
                format == "json" ? Json(solutions, rules, trace.Facts) : Pretty(query, solutions, rules, trace.Facts));
            return PolicyExit.Yes;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.Failed;
        }
    }

    private static string Pretty(
        string query, IReadOnlyList<QuerySolution> solutions, IReadOnlyList<RuleOutcome> rules,
        IReadOnlyDictionary<string, RegoValue?> facts)
    {
        var text = new StringBuilder();
        var answer = solutions.Count == 0 ? "undefined" : EvalText.Raw(solutions).TrimEnd('\n');
        text.Append($"{SafeText.Of(query.ReplaceLineEndings(" "))}: {SafeText.Lines(answer)}\n");
        foreach (var rule in rules)
        {
            text.Append(' ', 2 + (2 * rule.Depth)).Append($"{SafeText.Of(rule.Name)} ({rule.File}:{rule.Row}) ");
            text.Append(rule.HasHeld ? "held"
                : rule.FailedAt is { } at ? $"did not hold: line {at.Row}, {SafeText.Of(at.Text)}"
                : "did not hold").Append('\n');
        }

        if (facts.Count > 0)
            text.Append("It looked at\n");
        foreach (var (path, value) in facts.OrderBy(fact => fact.Key, StringComparer.Ordinal))
        {
            text.Append($"  {SafeText.Of(path)}: {SafeText.Of(value?.ToJson() ?? "undefined")}\n");
        }

        return text.ToString();
    }

    private static string Json(
        IReadOnlyList<QuerySolution> solutions, IReadOnlyList<RuleOutcome> rules,
        IReadOnlyDictionary<string, RegoValue?> facts) => PrettyJson.Object(
        ("result", PrettyJson.Array(solutions.SelectMany(one => one.Expressions)
            .Select(one => PrettyJson.Value(one.Value)))),
        ("rules", PrettyJson.Array(rules.Select(rule => PrettyJson.Object(
            ("rule", PrettyJson.Text(rule.Name)),
            ("file", PrettyJson.Text(rule.File)),
            ("row", PrettyJson.Number(rule.Row)),
            ("depth", PrettyJson.Number(rule.Depth)),
            ("held", rule.HasHeld ? "true" : "false"),
            ("failed_at", rule.FailedAt is not { } at ? null : PrettyJson.Object(
                ("row", PrettyJson.Number(at.Row)), ("text", PrettyJson.Text(at.Text)))))))),
        ("facts", PrettyJson.Object(facts.OrderBy(fact => fact.Key, StringComparer.Ordinal)
            .Select(fact => (fact.Key, (string?)(fact.Value?.ToJson("  ") ?? "null")))))) + "\n";
}
