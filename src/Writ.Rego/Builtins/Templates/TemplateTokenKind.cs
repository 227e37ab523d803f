namespace Writ.Rego.Builtins.Templates;

/// <summary>Kinds of tokens within an action.</summary>
internal enum TemplateTokenKind
{
    End,
    Word,
    Field,
    Dot,
    Variable,
    Text,
    Number,
    Sign,
}
