using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>What a built-in does.</summary>
/// <param name="context">The query's clock, randomness, limits and sinks.</param>
/// <param name="operands">As many values as the built-in takes.</param>
/// <returns>The result, or null when it is undefined.</returns>
/// <exception cref="BuiltinError">An operand is not as it must be; undefined, unless errors are strict.</exception>
public delegate RegoValue? BuiltinFunction(BuiltinContext context, Operands operands);
