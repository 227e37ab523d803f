using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>A function with its arguments, as its results are remembered.</summary>
internal readonly struct CallKey : IEquatable<CallKey>
{
    private readonly int _function;
    private readonly RegoValue[] _arguments;
    private readonly int _code;

    public CallKey(int function, RegoValue[] arguments)
    {
        (_function, _arguments) = (function, arguments);
        var code = new HashCode();
        code.Add(function);
        foreach (var argument in arguments)
        {
            code.Add(argument);
        }

        _code = code.ToHashCode();
    }

    public bool Equals(CallKey other) =>
        _function == other._function && _code == other._code
        && _arguments.AsSpan().SequenceEqual(other._arguments);

    public override bool Equals(object? obj) => obj is CallKey other && Equals(other);

    public override int GetHashCode() => _code;
}
