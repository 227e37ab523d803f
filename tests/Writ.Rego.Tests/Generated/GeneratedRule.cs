namespace Writ.Rego.Tests.Generated;

/// <summary>
/// A rule that later ones may use; a function has arguments, all others none. Into an open one a key may look.
/// </summary>
internal sealed record GeneratedRule(string Package, string Name, int Arguments, bool IsOpen);
