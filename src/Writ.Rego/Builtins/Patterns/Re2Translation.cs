namespace Writ.Rego.Builtins.Patterns;

/// <summary>An expression of RE2 in .NET's words.</summary>
/// <param name="Expression">The expression for .NET.</param>
/// <param name="Names">The names of the groups by their number, empty for those without.</param>
/// <param name="Classes">The code points that it tells apart.</param>
/// <param name="HasBoundary">Whether it asks where words begin and end.</param>
internal sealed record Re2Translation(
    string Expression, IReadOnlyList<string> Names, IReadOnlyList<RuneClass> Classes, bool HasBoundary);
