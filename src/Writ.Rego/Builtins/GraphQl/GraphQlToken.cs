using Writ.Rego.Values;

namespace Writ.Rego.Builtins.GraphQl;

/// <summary>A token: punctuators are their own kind; <c>Name</c>, <c>Int</c>, … have a value.</summary>
internal readonly record struct GraphQlToken(string Kind, string Value, int Line, int Column)
{
    public const string End = "<EOF>";
    public const string Invalid = "<Invalid>";
    public const string Name = "Name";

    public override string ToString() =>
        Value.Length == 0 || Kind is Invalid ? Kind : $"{Kind} {TermText.Quote(Value)}";
}
