using Writ.Rego.Types;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>A function that the language's library, or an embedder, gives to policies.</summary>
public sealed class Builtin
{
    private readonly BuiltinFunction _function;

    /// <summary>Declares a built-in.</summary>
    /// <param name="name">Its name, which may have dots.</param>
    /// <param name="type">What it takes and gives, for instance <c>(string, any) =&gt; boolean</c>.</param>
    /// <param name="function">What it does. It must be safe to call from several threads.</param>
    public Builtin(string name, string type, BuiltinFunction function)
    {
        Name = name;
        Type = FunctionType.Parse(type);
        _function = function;
    }

    /// <summary>Its name: <c>count</c>, <c>io.jwt.decode</c>.</summary>
    public string Name { get; }

    /// <summary>What it takes and gives.</summary>
    public FunctionType Type { get; }

    /// <summary>The operator that calls it; null when there is none.</summary>
    public string? Infix { get; init; }

    /// <summary>
    /// Whether equal operands always give equal results; if not, a policy that calls it is not cached.
    /// </summary>
    public bool IsDeterministic { get; init; } = true;

    /// <summary>Whether the result is an array of results, each of which is one answer.</summary>
    public bool IsRelation { get; init; }

    /// <summary>Whether newer policies may not call it.</summary>
    public bool IsDeprecated { get; init; }

    /// <summary>Calls it.</summary>
    /// <param name="context">The query's clock, randomness, limits and sinks.</param>
    /// <param name="operands">As many values as the type says.</param>
    /// <returns>The result, or null when it is undefined.</returns>
    /// <exception cref="BuiltinError">An operand is not as it must be, or a limit is reached.</exception>
    public RegoValue? Invoke(BuiltinContext context, ReadOnlySpan<RegoValue> operands) =>
        _function(context, new Operands(operands));

    /// <inheritdoc />
    public override string ToString() => $"{Name}{Type}";
}
