namespace Writ.Rego.Values;

/// <summary>
/// Distinct values in the order in which they came, found by hash, and sorted when somebody first asks for their
/// order. Immutable for all who look: the index and the order are computed once each and then swapped in. One table
/// serves every object that has the same keys.
/// </summary>
internal sealed class KeyTable
{
    /// <summary>Up to this many keys a walk over them is faster than an index.</summary>
    private const int Scanned = 8;

    private readonly RegoValue[] _keys;
    private int[]? _index;
    private int[]? _order;
    private bool _isSorted;
    private int _hash;

    /// <summary>The keys are distinct and belong to the table from now on; of the array the first ones count.</summary>
    public KeyTable(RegoValue[] keys, int count, bool isSorted = false)
    {
        _keys = keys;
        Count = count;
        _isSorted = isSorted || count < 2;
    }

    public static KeyTable Empty { get; } = new([], 0, isSorted: true);

    public int Count { get; }

    /// <summary>By slot, in the order in which they came.</summary>
    public ReadOnlySpan<RegoValue> Keys => _keys.AsSpan(0, Count);

    /// <summary>Where the n-th key in order lies; null when they lie in order.</summary>
    public int[]? Order => _isSorted ? null : Volatile.Read(ref _order) ?? Sort();

    public RegoValue this[int slot] => _keys[slot];

    /// <summary>The slot of the n-th key in order.</summary>
    public int SlotAt(int position) => Order is { } order ? order[position] : position;

    public int Find(RegoValue key)
    {
        if (Count > Scanned)
        {
            return FindByIndex(key);
        }

        var keys = _keys.AsSpan(0, Count);
        if (key is RegoString text)
        {
            for (var i = 0; i < keys.Length; i++)
            {
                if (ReferenceEquals(keys[i], text) || (keys[i] is RegoString other && text.IsSame(other)))
                {
                    return i;
                }
            }

            return -1;
        }

        for (var i = 0; i < keys.Length; i++)
        {
            if (ReferenceEquals(keys[i], key) || keys[i].Equals(key))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The hash of the keys as a set.</summary>
    public int SetHash()
    {
        if (_hash == 0)
        {
            var sum = Count;
            foreach (var key in Keys)
            {
                sum += Mix.Of(key.GetHashCode(), 0x5e7);
            }

            _hash = Mix.Finish(sum);
        }

        return _hash;
    }

    private int FindByIndex(RegoValue key)
    {
        var index = Volatile.Read(ref _index) ?? BuildIndex();
        var mask = index.Length - 1;
        var code = key.GetHashCode();
        for (var at = code & mask; index[at] is > 0 and var slot; at = (at + 1) & mask)
        {
            var candidate = _keys[slot - 1];
            if (ReferenceEquals(candidate, key) || (candidate.GetHashCode() == code && candidate.Equals(key)))
            {
                return slot - 1;
            }
        }

        return -1;
    }

    private int[] BuildIndex()
    {
        var index = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Count * 3 / 2)];
        var mask = index.Length - 1;
        for (var slot = 0; slot < Count; slot++)
        {
            var at = _keys[slot].GetHashCode() & mask;
            while (index[at] != 0)
            {
                at = (at + 1) & mask;
            }

            index[at] = slot + 1;
        }

        Volatile.Write(ref _index, index);
        return index;
    }

    private int[]? Sort()
    {
        if (AreInOrder())
        {
            Volatile.Write(ref _isSorted, true);
            return null;
        }

        var order = new int[Count];
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        var keys = _keys;
        order.AsSpan().Sort((left, right) =>
        {
            Work.Tick();
            return keys[left].CompareTo(keys[right]);
        });
        Volatile.Write(ref _order, order);
        return order;
    }

    private bool AreInOrder()
    {
        for (var i = 1; i < Count; i++)
        {
            if (_keys[i - 1].CompareTo(_keys[i]) > 0)
            {
                return false;
            }
        }

        return true;
    }
}
