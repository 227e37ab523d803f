namespace Writ.Rego.Queries;

/// <summary>Whose words a query may use without their full path.</summary>
public sealed record QueryScope
{
    /// <summary>No package, no imports.</summary>
    public static QueryScope None { get; } = new();

    /// <summary>A package whose rules go by their names alone, as <c>authz.web</c>; none when empty.</summary>
    public string Package { get; init; } = "";

    /// <summary>What is imported, each as <c>data.lib.text as t</c>.</summary>
    public IReadOnlyList<string> Imports { get; init; } = [];
}
