using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// What functions gave in this query. Most queries call a few: those are walked, which costs a tenth of a table that is
/// made for them.
/// </summary>
internal sealed class CallMemory
{
    private const int Few = 8;

    private (Call Call, RegoValue Result)[] _few = new (Call, RegoValue)[2];
    private Dictionary<Call, RegoValue>? _many;
    private int _count;

    /// <summary>The result of a function, by its group's number; null when it was not called so.</summary>
    public RegoValue? Find(int function, RegoValue[] arguments)
    {
        var call = new Call(function, arguments);
        if (_many is not null)
            return _many.GetValueOrDefault(call);
        for (var i = 0; i < _count; i++)
        {
            if (_few[i].Call.Equals(call))
                return _few[i].Result;
        }

        return null;
    }

    public void Add(int function, RegoValue[] arguments, RegoValue result)
    {
        var call = new Call(function, arguments);
        if (_count == Few)
        {
            _many ??= _few.ToDictionary(one => one.Call, one => one.Result);
            _many[call] = result;
            return;
        }

        if (_count == _few.Length)
            Array.Resize(ref _few, _count * 2);
        _few[_count++] = (call, result);
    }

    private readonly struct Call(int function, RegoValue[] arguments) : IEquatable<Call>
    {
        private readonly int _function = function;
        private readonly RegoValue[] _arguments = arguments;

        public bool Equals(Call other) =>
            _function == other._function && _arguments.AsSpan().SequenceEqual(other._arguments);

        public override bool Equals(object? obj) => obj is Call other && Equals(other);

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
}
