using Writ.Rego.Tree;

namespace Writ.Rego.Lint;

/// <summary>Tests, and what is left of trying things out.</summary>
internal static class TestingRules
{
    private const string Testing = "testing";

    public static IEnumerable<LintRule> All =>
    [
        new("test-outside-test-package", Testing, "Put tests into a package of their own: NAME_test.", c =>
            c.Rules(rule => IsTest(rule) && !IsTestPackage(c.Module))),
        new("todo-test", Testing, "Make the test pass, and take todo_ out of its name.", c => c.Rules(rule =>
            rule.Head.Name.Name.StartsWith("todo_test_", StringComparison.Ordinal))),
        new("print-or-trace-call", Testing, "Take out what was there to try things out.", c => c.Terms(term =>
            !IsTestPackage(c.Module) && term is Term.Call call
            && LintContext.Dotted(call.Function) is "print" or "trace")),
        new("identically-named-tests", Testing, "Give each test a name of its own.", c =>
            c.Report(c.Module.Rules.Where(rule => IsTest(rule) && rule.Head.Path.Length == 0)
                .GroupBy(rule => rule.Head.Name.Name, StringComparer.Ordinal)
                .SelectMany(same => same.Skip(1)).Select(rule => rule.Head.Span))),
        new("file-missing-test-suffix", Testing, "Name a file of tests NAME_test.rego.", c =>
        {
            if (IsTestPackage(c.Module)
                && !c.Module.Source.File.EndsWith("_test.rego", StringComparison.Ordinal))
            {
                c.Report(c.Module.PackageSpan);
            }
        }),
    ];

    private static bool IsTest(Rule rule) => rule.Head.Name.Name.StartsWith("test_", StringComparison.Ordinal);

    private static bool IsTestPackage(Module module) => module.Package[^1].EndsWith("_test", StringComparison.Ordinal);
}
