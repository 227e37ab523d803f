namespace Writ.Rego.Lint;

/// <summary>One thing to look for: its name, its kind, what to do about it, and how it is found.</summary>
internal sealed record LintRule(string Name, string Category, string Mend, Action<LintContext> Check);
