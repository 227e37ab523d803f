using System.Numerics;

namespace Writ.Rego.Values;

/// <summary>Collects distinct keys; tells the slot of one that is there already.</summary>
internal struct KeyTableBuilder
{
    private const int Scanned = 8;

    private RegoValue[] _keys;
    private int[]? _index;

    public KeyTableBuilder(int capacity) => _keys = new RegoValue[Math.Max(capacity, 4)];

    public int Count { get; private set; }

    public readonly RegoValue[] Keys => _keys;

    /// <summary>The key's slot; <paramref name="isNew" /> when it was not there.</summary>
    public int Add(RegoValue key, out bool isNew)
    {
        var found = Count <= Scanned ? Scan(key) : Probe(key);
        isNew = found < 0;
        if (!isNew)
        {
            return found;
        }

        if (Count == _keys.Length)
        {
            Array.Resize(ref _keys, Count * 2);
        }

        _keys[Count++] = key;
        if (_index is not null)
        {
            Enter(_index, Count - 1);
        }

        if (Count > Scanned && (_index is null || Count * 4 > _index.Length * 3))
        {
            Reindex();
        }

        return Count - 1;
    }

    public readonly bool Contains(RegoValue key) => (Count <= Scanned ? Scan(key) : Probe(key)) >= 0;

    public readonly int Find(RegoValue key) => Count <= Scanned ? Scan(key) : Probe(key);

    public readonly KeyTable ToTable() => Count == 0 ? KeyTable.Empty : new KeyTable(Trimmed(_keys, Count), Count);

    /// <summary>The array itself when it is nearly full: a copy would cost more than it saves.</summary>
    public static RegoValue[] Trimmed(RegoValue[] values, int count) =>
        values.Length - count <= count / 8 ? values : values.AsSpan(0, count).ToArray();

    private readonly int Scan(RegoValue key)
    {
        for (var i = 0; i < Count; i++)
        {
            if (ReferenceEquals(_keys[i], key) || _keys[i].Equals(key))
            {
                return i;
            }
        }

        return -1;
    }

    private readonly int Probe(RegoValue key)
    {
        var index = _index!;
        var mask = index.Length - 1;
        var code = key.GetHashCode();
        for (var at = code & mask; index[at] is > 0 and var slot; at = (at + 1) & mask)
        {
            if (_keys[slot - 1].GetHashCode() == code && _keys[slot - 1].Equals(key))
            {
                return slot - 1;
            }
        }

        return -1;
    }

    private void Reindex()
    {
        _index = new int[BitOperations.RoundUpToPowerOf2((uint)_keys.Length * 2)];
        for (var slot = 0; slot < Count; slot++)
        {
            Enter(_index, slot);
        }
    }

    private readonly void Enter(int[] index, int slot)
    {
        var mask = index.Length - 1;
        var at = _keys[slot].GetHashCode() & mask;
        while (index[at] != 0)
        {
            at = (at + 1) & mask;
        }

        index[at] = slot + 1;
    }
}
