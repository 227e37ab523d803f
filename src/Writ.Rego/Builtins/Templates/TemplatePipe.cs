namespace Writ.Rego.Builtins.Templates;

/// <summary>Commands, each of which gets the value of the one before as its last argument.</summary>
internal sealed record TemplatePipe(
    IReadOnlyList<string> Variables, bool IsDeclaration, IReadOnlyList<IReadOnlyList<TemplateTerm>> Commands);
