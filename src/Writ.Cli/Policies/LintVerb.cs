using System.CommandLine;
using Writ.Cli.Policies.Reports;
using Writ.Cli.Printing;
using Writ.Rego;
using Writ.Rego.Lint;

namespace Writ.Cli.Policies;

/// <summary><c>writ policy lint</c>: what compiles and is better otherwise, each with its place and its mend.</summary>
internal static class LintVerb
{
    public static Command Create(Verbs verbs)
    {
        var paths = CheckVerb.Paths("Modules: files and folders.");
        var format = Flags.Format("pretty", "compact", "json");
        var enabled = Names("--enable", "Looks for these only: rules or categories.");
        var disabled = Names("--disable", "Does not look for these: rules or categories.");
        var isV0 = Flags.Switch("--v0-compatible", "Modules are in the syntax of OPA before 1.0.");
        var ignore = Flags.Ignore();
        return verbs.Ending(
            "lint", "Finds what is likely wrong in policies, or better otherwise.",
            call => RunAsync(
                call, call.Get(paths), call.Get(format)!, new Rules(call.Get(enabled) ?? [], call.Get(disabled) ?? []),
                call.Get(isV0) ? RegoVersion.V0 : RegoVersion.V1, call.Get(ignore) ?? []),
            [paths, format, enabled, disabled, isV0, ignore]);
    }

    private static Option<string[]> Names(string name, string description) => new(name)
    {
        Description = description + " Repeatable.",
        HelpName = "NAME",
    };

    private static async Task<int> RunAsync(
        Call call, string[] paths, string format, Rules rules, RegoVersion version, string[] ignore)
    {
        rules.Check();
        try
        {
            var loader = new Rego.Bundles.PolicyLoader(call.Outside.Folder, Rego.Bundles.LoadLimits.Default)
            {
                IsRegoOnly = true,
                Ignore = ignore,
            };
            foreach (var path in paths)
            {
                loader.Add(path);
            }

            var files = loader.Load().Files;
            var found = RegoLinter.Lint(files, version, rules.AreWanted);
            await call.Outside.Out.WriteAsync(format switch
            {
                "json" => Json(found),
                "compact" => string.Concat(found.Select(one => $"{Place(one)}: {one.Rule}: {one.Mend}\n")),
                _ => Pretty(found, files.Count),
            });
            return found.Count == 0 ? PolicyExit.Yes : PolicyExit.Found;
        }
        catch (RegoError error)
        {
            await call.Outside.Error.WriteLineAsync(ErrorText.Pretty(error));
            return PolicyExit.No;
        }
    }

    private static string Place(LintFinding one) =>
        FormattableString.Invariant($"{SafeText.Of(one.File)}:{one.Row}:{one.Column}");

    private static string Pretty(IReadOnlyList<LintFinding> found, int files)
    {
        var lines = found.Select(one =>
            $"{Place(one)}: {one.Category}/{one.Rule}\n    {SafeText.Of(one.Line.Trim())}\n  {one.Mend}\n\n");
        return string.Concat(lines) + FormattableString.Invariant($"{files} files, {found.Count} findings\n");
    }

    private static string Json(IReadOnlyList<LintFinding> found) => PrettyJson.Object(
        ("violations", PrettyJson.Array(found.Select(one => PrettyJson.Object(
            ("title", PrettyJson.Text(one.Rule)),
            ("category", PrettyJson.Text(one.Category)),
            ("description", PrettyJson.Text(one.Mend)),
            ("location", PrettyJson.Object(
                ("file", PrettyJson.Text(one.File)),
                ("row", PrettyJson.Number(one.Row)),
                ("col", PrettyJson.Number(one.Column)),
                ("text", PrettyJson.Text(one.Line)))))))),
        ("summary", PrettyJson.Object(("num_violations", PrettyJson.Number(found.Count))))) + "\n";

    /// <summary>Which rules are wanted, by their names or categories.</summary>
    private sealed record Rules(string[] Enabled, string[] Disabled)
    {
        public bool AreWanted(string name, string category) =>
            (Enabled.Length == 0 || Has(Enabled, name, category)) && !Has(Disabled, name, category);

        /// <summary>A name that is none would silently change nothing.</summary>
        public void Check()
        {
            foreach (var name in Enabled.Concat(Disabled))
            {
                if (!RegoLinter.Rules.Any(rule => rule.Name == name || rule.Category == name))
                    throw new UsageException($"There is no rule “{name}”.");
            }
        }

        private static bool Has(string[] names, string name, string category) =>
            names.Contains(name, StringComparer.Ordinal) || names.Contains(category, StringComparer.Ordinal);
    }
}
