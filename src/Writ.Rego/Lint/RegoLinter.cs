using Writ.Rego.Bundles;
using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Lint;

/// <summary>
/// Looks for what compiles and yet is likely wrong, or written otherwise by everybody else. A comment
/// <c># writ lint ignore: NAME, NAME</c> on the line, or alone above it, silences rules there.
/// </summary>
public static class RegoLinter
{
    private const string Ignore = "writ lint ignore:";

    private static readonly LintRule[] All =
    [
        .. BugRules.All, .. IdiomRules.All, .. ImportRules.All, .. StyleRules.All, .. TestingRules.All,
    ];

    /// <summary>The names of all rules, each with its category and the mend.</summary>
    public static IReadOnlyList<(string Name, string Category, string Mend)> Rules { get; } =
        [.. All.Select(rule => (rule.Name, rule.Category, rule.Mend))];

    /// <summary>Looks at modules, together.</summary>
    /// <param name="files">The modules.</param>
    /// <param name="version">The syntax of those that do not say it.</param>
    /// <param name="isEnabled">Whether a rule of a name and category is wanted.</param>
    /// <returns>What was found, by file and line.</returns>
    /// <exception cref="RegoError">A module does not parse.</exception>
    public static IReadOnlyList<LintFinding> Lint(
        IEnumerable<PolicyFile> files, RegoVersion version, Func<string, string, bool> isEnabled) => Guard.Run(() =>
    {
        var modules = files.Select(file => ModuleParser.Parse(
            new SourceText(file.Name, file.Text), file.Version ?? version)).ToArray();
        var wanted = All.Where(rule => isEnabled(rule.Name, rule.Category)).ToArray();
        return (IReadOnlyList<LintFinding>)
        [
            .. modules.SelectMany(module => Look(module, modules, wanted)).Distinct()
                .OrderBy(one => one.File, StringComparer.Ordinal).ThenBy(one => one.Row).ThenBy(one => one.Column)
                .ThenBy(one => one.Rule, StringComparer.Ordinal),
        ];
    });

    private static List<LintFinding> Look(Module module, Module[] all, LintRule[] rules)
    {
        var silenced = Silenced(module);
        var found = new List<LintFinding>();
        foreach (var rule in rules)
        {
            rule.Check(new LintContext(module, all, span =>
            {
                var place = span.Diagnose("", "");
                if (!silenced.Contains((rule.Name, place.Row)))
                {
                    found.Add(new LintFinding(
                        rule.Name, rule.Category, rule.Mend, place.File, place.Row, place.Column, place.Line));
                }
            }));
        }

        return found;
    }

    private static HashSet<(string Rule, int Row)> Silenced(Module module)
    {
        var silenced = new HashSet<(string Rule, int Row)>();
        foreach (var comment in module.Comments)
        {
            var text = comment.Text.Trim();
            if (!text.StartsWith(Ignore, StringComparison.Ordinal))
                continue;
            foreach (var name in text[Ignore.Length..].Split([',', ' '], StringSplitOptions.RemoveEmptyEntries))
            {
                silenced.Add((name, comment.IsAlone ? comment.Span.Row + 1 : comment.Span.Row));
            }
        }

        return silenced;
    }
}
