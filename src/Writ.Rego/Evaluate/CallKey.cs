using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>A function with its arguments, as its results are remembered.</summary>
internal readonly struct CallKey(int function, RegoValue[] arguments) : IEquatable<CallKey>
{
    private readonly int _function = function;
    private readonly RegoValue[] _arguments = arguments;

    public bool Equals(CallKey other) =>
        _function == other._function && _arguments.AsSpan().SequenceEqual(other._arguments);

    public override bool Equals(object? obj) => obj is CallKey other && Equals(other);

    public override int GetHashCode()
    {
        var code = _function;
        foreach (var argument in _arguments)
        {
            code = Mix.Of(code, argument.GetHashCode());
        }

        return code;
    }
}
