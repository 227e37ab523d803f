using System.Globalization;
using System.Text;
using Writ.Cli.Printing;
using Writ.Rego.Queries;
using Writ.Rego.Values;

namespace Writ.Cli.Policies.Reports;

/// <summary>The answer to a query in each of its formats.</summary>
internal static class EvalText
{
    public static string Json(EvalReport report, bool isDiscarded) => PrettyJson.Object(
        ("errors", report.Error is { } error ? ErrorText.Json(error) : null),
        ("result", report.Solutions.Count == 0 ? null
            : isDiscarded ? PrettyJson.Text("discarded")
            : PrettyJson.Array(report.Solutions.Select(Json))),
        ("metrics", report.Metrics.Count == 0 ? null : PrettyJson.Object(
            report.Metrics.Select(one => (one.Name, (string?)PrettyJson.Number(one.Value))))),
        ("explanation", report.Explanation is { } events ? TraceText.Json(events) : null),
        ("profile", report.Profile is { } rules ? PrettyJson.Array(rules.Select(Json)) : null),
        ("coverage", report.Coverage?.Json())) + "\n";

    public static string Values(IEnumerable<QuerySolution> solutions) => Lines(solutions.Select(
        solution => PrettyJson.Array(solution.Expressions.Select(one => PrettyJson.Value(one.Value)))));

    public static string Bindings(IEnumerable<QuerySolution> solutions) => Lines(solutions.Select(
        solution => PrettyJson.Value(solution.Bindings)));

    /// <summary>For scripts: a line each, strings as they are, whatever is in them.</summary>
    public static string Raw(IEnumerable<QuerySolution> solutions) => Lines(solutions.Select(
        solution => string.Join(' ', solution.Expressions.Select(
            one => one.Value is RegoString text ? text.Value : one.Value.ToJson()))));

    public static string Pretty(EvalReport report, int limit)
    {
        var text = new StringBuilder(TraceText.Pretty(report.Explanation ?? []));
        text.Append(report.Solutions.Count == 0 ? "undefined\n" : Solutions(report.Solutions, limit));
        if (report.Metrics.Count > 0)
        {
            text.Append(TextTable.Of(["Metric", "Value"], [.. report.Metrics
                .OrderBy(one => one.Name, StringComparer.Ordinal)
                .Select(one => (string[])[one.Name, Text(one.Value)])]));
        }

        if (report.Profile is { Count: > 0 } rules)
        {
            text.Append(TextTable.Of(["Time", "Num Eval", "Num Steps", "Rule"], [.. rules.Select(rule => (string[])
                [GoDuration.Text(rule.Cost.Time), Text(rule.Cost.Runs), Text(rule.Cost.Steps), rule.Place])]));
        }

        return text.Append(report.Coverage?.Text()).ToString();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Lines(IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    private static string Json(QuerySolution solution) => PrettyJson.Object(
        ("expressions", PrettyJson.Array(solution.Expressions.Select(one => PrettyJson.Object(
            ("value", PrettyJson.Value(one.Value)),
            ("text", PrettyJson.Text(one.Text)),
            ("location", PrettyJson.Object(
                ("row", PrettyJson.Number(one.Row)), ("col", PrettyJson.Number(one.Column)))))))),
        ("bindings", solution.Bindings.Count == 0 ? null : PrettyJson.Value(solution.Bindings)));

    private static string Json((string Place, RuleCost Cost) rule) => PrettyJson.Object(
        ("total_time_ns", PrettyJson.Number((long)rule.Cost.Time.TotalNanoseconds)),
        ("num_eval", PrettyJson.Number(rule.Cost.Runs)),
        ("num_steps", PrettyJson.Number(rule.Cost.Steps)),
        ("rule", PrettyJson.Text(rule.Place)));

    /// <summary>One value alone as JSON; else a table of variables, and of expressions that are no booleans.</summary>
    private static string Solutions(IReadOnlyList<QuerySolution> solutions, int limit)
    {
        var first = solutions[0];
        if (solutions.Count == 1 && first.Bindings.Count == 0
            && (first.Expressions.Count == 1 || first.Expressions.All(one => one.Value is RegoBoolean)))
        {
            return PrettyJson.Value(first.Expressions[0].Value) + "\n";
        }

        var names = first.Bindings.Select(one => one.Key).ToArray();
        var shown = Enumerable.Range(0, first.Expressions.Count)
            .Where(i => names.Length == 0 || first.Expressions[i].Value is not RegoBoolean).ToArray();
        string[] titles =
        [
            .. names.Select(name => ((RegoString)name).Value),
            .. shown.Select(i => Line(first.Expressions[i].Text)),
        ];
        return TextTable.Of(titles, [.. solutions.Select(solution => (string[])
        [
            .. names.Select(name => Cut(solution.Bindings[name], limit)),
            .. shown.Select(i => Cut(solution.Expressions[i].Value, limit)),
        ])]);
    }

    private static string Line(string text) => SafeText.Of(text.ReplaceLineEndings(" "));

    private static string Cut(RegoValue value, int limit)
    {
        var text = SafeText.Of(value.ToJson());
        return limit > 0 && text.Length > limit ? text[..limit] + "..." : text;
    }
}
