using System.Text;
using Writ.Cli.Policies.Reports;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Testing;

/// <summary>The results of tests for programs, as <c>opa test --format json</c> writes them.</summary>
internal static class TestJson
{
    public static string Of(IEnumerable<PolicyTestResult> results) => PrettyJson.Array(results.Select(Of)) + "\n";

    private static string Of(PolicyTestResult result) => PrettyJson.Object(
        ("error", result.Error is { } error ? ErrorText.Json(error) : null),
        ("location", PrettyJson.Object(
            ("file", PrettyJson.Text(result.Test.File)),
            ("row", PrettyJson.Number(result.Test.Row)),
            ("col", PrettyJson.Number(result.Test.Column)))),
        ("sub_results", result.Cases.Count > 0 ? Cases(result.Cases) : null),
        ("package", PrettyJson.Text(result.Test.PackageName)),
        ("name", PrettyJson.Text(result.Test.Name)),
        ("trace", result.Trace is { } trace ? TraceText.Json(trace.Events) : null),
        ("output", result.Output.Length > 0
            ? PrettyJson.Text(Convert.ToBase64String(Encoding.UTF8.GetBytes(result.Output)))
            : null),
        ("duration", PrettyJson.Number((long)result.Duration.TotalNanoseconds)),
        ("fail", result.Outcome == PolicyTestOutcome.Fail ? "true" : null),
        ("skip", result.Outcome == PolicyTestOutcome.Skipped ? "true" : null));

    private static string Cases(IEnumerable<PolicyTestCase> cases) => PrettyJson.Object(cases.Select(one =>
        (one.Name, (string?)PrettyJson.Object(
            ("sub_results", one.Cases.Count > 0 ? Cases(one.Cases) : null),
            ("name", PrettyJson.Text(one.Name)),
            ("fail", one.HasFailed ? "true" : null)))));
}
