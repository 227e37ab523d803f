namespace Writ.Rego.Builtins.Templates;

/// <summary>A piece of an action: a word, a field, a variable, a literal or a sign.</summary>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Text, bool FollowsSpace);
