using System.Text;
using Writ.Cli.Policies.Reports;
using Writ.Cli.Printing;
using Writ.Rego.Queries;

namespace Writ.Cli.Policies.Testing;

/// <summary>The results of tests for people, as <c>opa test</c> writes them.</summary>
internal sealed class TestText(bool isVerbose, bool showsValues, string explain)
{
    private static readonly string Line = new string('-', 80) + "\n";

    public string Of(IReadOnlyList<PolicyTestResult> results)
    {
        var text = new StringBuilder();
        string? file = null;
        foreach (var result in results.Where(result => isVerbose || !result.Passed))
        {
            if (result.Test.File != file)
                text.Append(file is null ? "" : "\n").Append($"{result.Test.File}:{result.Test.Row}:\n");
            else
                text.Append($"{result.Test.File}:{result.Test.Row}:\n");
            file = result.Test.File;
            Result(text, result);
        }

        var failed = results.Where(result => result.Outcome == PolicyTestOutcome.Fail).ToArray();
        if (failed.Length > 0 && (isVerbose || showsValues))
            Failures(text, failed);
        if (file is not null)
            text.Append(Line);
        return text.Append(Summary(results)).ToString();
    }

    private static string Title(PolicyTestResult result) => result.Outcome == PolicyTestOutcome.Skipped
        ? $"{result.Test.FullName}: SKIPPED"
        : $"{result.Test.FullName}: {Word(result.Outcome)} ({GoDuration.Text(result.Duration)})";

    private static string Word(PolicyTestOutcome outcome) => outcome.ToString().ToUpperInvariant();

    private void Result(StringBuilder text, PolicyTestResult result)
    {
        text.Append(Title(result)).Append('\n');
        foreach (var one in result.Cases)
        {
            Case(text, one, 1);
        }

        if (result.Output.Length > 0)
            text.Append('\n').Append(Indented(result.Output.Trim())).Append('\n');
        if (result.Error is { } error)
            text.Append("  ").Append(ErrorText.Pretty(error)).Append('\n');
    }

    private void Case(StringBuilder text, PolicyTestCase one, int depth)
    {
        if (!one.HasFailed && !isVerbose)
            return;
        text.Append(' ', depth * 2).Append($"{SafeText.Of(one.Name)}: {(one.HasFailed ? "FAIL" : "PASS")}\n");
        foreach (var below in one.Cases)
        {
            Case(text, below, depth + 1);
        }
    }

    private void Failures(StringBuilder text, PolicyTestResult[] failed)
    {
        text.Append(Line).Append("FAILURES\n").Append(Line);
        foreach (var result in failed)
        {
            text.Append(Title(result)).Append('\n');
            var events = result.Trace?.Events ?? [];
            if (isVerbose)
                text.Append('\n').Append(Indented(TraceText.Pretty(TraceText.Filter(events, explain))));
            if (showsValues && events.LastOrDefault(IsExpression) is { } last)
                Place(text, result, last);
            text.Append('\n');
        }
    }

    private static bool IsExpression(TraceEvent one) =>
        one is { Kind: TraceKind.Fail, IsRule: false, File.Length: > 0 };

    /// <summary>Where it failed, and what was looked at on the way there.</summary>
    private static void Place(StringBuilder text, PolicyTestResult result, TraceEvent last)
    {
        text.Append($"\n  {last.File}:{last.Row}:\n    {SafeText.Of(last.Text)}\n");
        foreach (var (path, value) in result.Trace!.Facts.OrderBy(fact => fact.Key, StringComparer.Ordinal))
        {
            if (last.Text.Contains(path, StringComparison.Ordinal))
                text.Append($"      {SafeText.Of(path)}: {SafeText.Of(value?.ToJson() ?? "undefined")}\n");
        }
    }

    private static string Indented(string lines) =>
        string.Concat(lines.TrimEnd('\n').Split('\n').Select(line => $"  {SafeText.Of(line)}\n"));

    private static string Summary(IReadOnlyList<PolicyTestResult> results)
    {
        var (passed, failed) = (0, 0);
        foreach (var result in results.Where(one => one.Outcome is PolicyTestOutcome.Pass or PolicyTestOutcome.Fail))
        {
            var leaves = result.Cases.SelectMany(one => one.Leaves()).Select(path => path[^1].HasFailed).ToArray();
            bool[] counted = leaves.Length > 0 ? leaves : [!result.Passed];
            failed += counted.Count(hasFailed => hasFailed);
            passed += counted.Count(hasFailed => !hasFailed);
        }

        var skipped = results.Count(one => one.Outcome == PolicyTestOutcome.Skipped);
        var errors = results.Count(one => one.Outcome == PolicyTestOutcome.Error);
        var all = passed + failed + skipped + errors;
        (string Word, int Count)[] counts =
            [("PASS", passed), ("FAIL", failed), ("SKIPPED", skipped), ("ERROR", errors)];
        return string.Concat(counts.Where(one => one.Count > 0).Select(one => $"{one.Word}: {one.Count}/{all}\n"));
    }
}
