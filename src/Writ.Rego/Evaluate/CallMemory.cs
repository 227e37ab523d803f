using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>
/// What functions gave in this query. Most queries call a few: those are walked, which costs a tenth of a table that is
/// made for them.
/// </summary>
internal sealed class CallMemory
{
    private const int Few = 8;

    private (CallKey Key, RegoValue Result)[] _few = new (CallKey, RegoValue)[2];
    private Dictionary<CallKey, RegoValue>? _many;
    private int _count;

    public RegoValue? Find(in CallKey key)
    {
        if (_many is not null)
            return _many.GetValueOrDefault(key);
        for (var i = 0; i < _count; i++)
        {
            if (_few[i].Key.Equals(key))
                return _few[i].Result;
        }

        return null;
    }

    public void Add(in CallKey key, RegoValue result)
    {
        if (_count == Few)
        {
            _many ??= _few.ToDictionary(one => one.Key, one => one.Result);
            _many[key] = result;
            return;
        }

        if (_count == _few.Length)
            Array.Resize(ref _few, _count * 2);
        _few[_count++] = (key, result);
    }
}
