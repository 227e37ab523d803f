namespace Writ.Rego.Builtins.Patterns.Automata;

/// <summary>What an expression may ask of a place in a text without taking any of it.</summary>
internal enum TextPlace
{
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}
