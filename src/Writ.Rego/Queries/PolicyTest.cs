namespace Writ.Rego.Queries;

/// <summary>A test of a policy compiled with <see cref="PolicyOptions.SeparatesTests"/>.</summary>
/// <param name="PackageName">Its package, as <c>data.authz_test</c>.</param>
/// <param name="Name">Its rule, as <c>test_admin</c>.</param>
/// <param name="Query">The reference that runs it.</param>
/// <param name="HasCases">Whether it yields an object of cases by name.</param>
/// <param name="IsSkipped">Whether it is not to be run yet: <c>todo_test_…</c>.</param>
/// <param name="File">The module's file.</param>
/// <param name="Row">The line on which it begins, from 1.</param>
/// <param name="Column">The character on which it begins, from 1.</param>
public sealed record PolicyTest(
    string PackageName, string Name, string Query, bool HasCases, bool IsSkipped, string File, int Row, int Column)
{
    /// <summary>Package and name.</summary>
    public string FullName => $"{PackageName}.{Name}";

    /// <summary>The tests of a policy, in the order of their files.</summary>
    public static IEnumerable<PolicyTest> Of(CompiledPolicy policy) =>
        policy.Rules.Where(rule => !rule.IsFunction && !rule.IsDefault).Select(Of).OfType<PolicyTest>();

    private static PolicyTest? Of(RuleDescription rule)
    {
        if (TestRules.Length(rule.Path) is not (> 0 and var length))
            return null;
        string[] path = [.. rule.Path.Take(length)];
        return new PolicyTest(
            rule.PackageName, string.Join('.', path), RuleDescription.Reference([.. rule.Package, .. path]),
            !(rule.IsWhole && length == rule.Path.Count),
            path[^1].StartsWith("todo_", StringComparison.Ordinal), rule.File, rule.Row, rule.Column);
    }
}
