namespace Writ.Rego.Builtins.GraphQl;

/// <summary>A variable where a value of a type is asked for, which may have a default of its own.</summary>
internal readonly record struct VariableUse(string Name, GraphQlType Wanted, bool HasDefault);
