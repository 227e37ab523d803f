namespace Writ.Rego.Tests.Generated;

/// <summary>Modules by file name, with what they look into.</summary>
internal sealed record GeneratedPolicy(
    IReadOnlyList<string> Modules, IReadOnlyList<string> Queries, string Data, string Input);
