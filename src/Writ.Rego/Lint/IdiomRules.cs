using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Lint;

/// <summary>What those who write much of the language write otherwise.</summary>
internal static class IdiomRules
{
    private const string Idiomatic = "idiomatic";

    public static IEnumerable<LintRule> All =>
    [
        new("use-in-operator", Idiomatic, "Write x in xs.", c => c.Terms(term =>
            term is Term.Call { Sign: "==" } call && call.Arguments.Any(
                side => side is Term.Reference { Path: [.., Term.Variable { IsWildcard: true }] }))),
        new("boolean-assignment", Idiomatic, "Write the comparison behind if: p if x == y.", c => c.Rules(rule =>
            !rule.Head.Form.HasFlag(RuleForm.Body) && rule.Head is { Element: null, Path: [] }
            && rule.Head.Value is Term.Call { Sign: "==" or "!=" or "<" or "<=" or ">" or ">=" })),
        new("non-raw-regex-pattern", Idiomatic, "Write the pattern in `…`, where backslashes are themselves.", c =>
            c.Terms(term => term is Term.Call { Arguments: [Term.Literal { Value: RegoString } pattern, ..] } call
                && LintContext.Dotted(call.Function).StartsWith("regex.", StringComparison.Ordinal)
                && pattern.Span.Text.StartsWith('"') && pattern.Span.Text.Contains('\\', StringComparison.Ordinal))),
        new("double-negative", Idiomatic, "Name what is, not what is not, and ask for that.", c =>
            c.Expressions(one => one is Expression.Test { IsNegated: true } test && IsNegative(test.Term))),
        new("use-rego-v1", Idiomatic, "Move to the syntax of OPA 1.0: writ policy fmt --v0-v1.", c =>
        {
            if (c.Module.Version == RegoVersion.V0)
                c.Report(c.Module.PackageSpan);
        }),
        new("get-list-prefix", Idiomatic, "Name the value, not the way to it: no get_ or list_.", c => c.Rules(rule =>
            rule.Head.Name.Name.StartsWith("get_", StringComparison.Ordinal)
            || rule.Head.Name.Name.StartsWith("list_", StringComparison.Ordinal))),
        new("unconditional-assignment", Idiomatic, "Give the value in the head: nothing else is in the body.", c =>
            c.Rules(rule => rule.Body is
                [Expression.Unify { IsAssignment: true, Left: Term.Variable assigned, With: [] }]
                && rule.Head.Value is Term.Variable value && value.Name == assigned.Name)),
    ];

    private static bool IsNegative(Term term)
    {
        var name = LintContext.Dotted(term);
        var last = name[(name.LastIndexOf('.') + 1)..];
        return last.StartsWith("not_", StringComparison.Ordinal) || last.StartsWith("no_", StringComparison.Ordinal)
            || last.StartsWith("non_", StringComparison.Ordinal);
    }
}
