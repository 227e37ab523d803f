namespace Writ.Rego.Builtins.Time;

/// <summary>Text, then a field as the layout writes it, then what follows from <paramref name="Next" /> on.</summary>
internal readonly record struct LayoutPart(string Before, string Text, TimeField Field, int Next);
