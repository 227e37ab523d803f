using Writ.Rego.Builtins;
using Writ.Rego.Tree;

namespace Writ.Rego.Lint;

/// <summary>Imports.</summary>
internal static class ImportRules
{
    private const string Imports = "imports";

    public static IEnumerable<LintRule> All =>
    [
        new("unused-import", Imports, "Take out an import that nothing uses.", c =>
        {
            var used = c.Module.Rules.SelectMany(rule => LintContext.Uses(rule).Keys)
                .ToHashSet(StringComparer.Ordinal);
            Each(c, import => import.Root is "data" or "input" && !used.Contains(import.Name));
        }),
        new("import-input", Imports, "Write input where it is used: readers look for the word.", c =>
            Each(c, import => import.Root == "input")),
        new("redundant-data-import", Imports, "Take it out: data needs no import.", c =>
            Each(c, import => import is { Root: "data", Path: [], Alias: null })),
        new("redundant-alias", Imports, "Take out an alias that is the name anyway.", c =>
            Each(c, import => import.Path is [.., var last] && import.Alias == last)),
        new("import-shadows-builtin", Imports, "Give it another name by as: a built-in has this one.", c =>
            Each(c, import => import.Root == "data" && BuiltinRegistry.Standard.All.Any(
                builtin => builtin.Name.Split('.')[0] == import.Name))),
        new("import-shadows-import", Imports, "Give one of the two another name by as.", c =>
            c.Report(c.Module.Imports.Where(import => import.Root is "data" or "input")
                .GroupBy(import => import.Name, StringComparer.Ordinal)
                .SelectMany(same => same.Skip(1)).Select(import => import.Span))),
        new("import-shadows-rule", Imports, "Give it another name by as: a rule of the package has this one.", c =>
        {
            var rules = c.PackageRules.Select(rule => rule.Head.Name.Name).ToHashSet(StringComparer.Ordinal);
            Each(c, import => import.Root == "data" && rules.Contains(import.Name));
        }),
        new("import-after-rule", Imports, "Put imports above the rules.", c =>
        {
            var first = c.Module.Rules.Select(rule => rule.Span.Start).DefaultIfEmpty(int.MaxValue).Min();
            Each(c, import => import.Span.Start > first);
        }),
    ];

    private static void Each(LintContext context, Func<Import, bool> isWrong) =>
        context.Report(context.Module.Imports.Where(isWrong).Select(import => import.Span));
}
