using System.Collections;

namespace Writ.Rego.Values;

/// <summary>A set of values, in their order.</summary>
public sealed class RegoSet : RegoValue, IEnumerable<RegoValue>
{
    private readonly KeyTable _items;

    internal RegoSet(KeyTable items) => _items = items;

    /// <summary>The set without members.</summary>
    public static RegoSet Empty { get; } = new(KeyTable.Empty);

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Set;

    /// <summary>How many members.</summary>
    public int Count => _items.Count;

    /// <summary>
    /// The members as they came, which is no order of theirs: faster where the order does not matter.
    /// </summary>
    internal ReadOnlySpan<RegoValue> Unordered => _items.Keys;

    /// <summary>The n-th member in order.</summary>
    public RegoValue this[int position] => _items[_items.SlotAt(position)];

    /// <summary>A set of some values.</summary>
    public static RegoSet Of(params ReadOnlySpan<RegoValue> items)
    {
        var builder = new Builder(items.Length);
        foreach (var item in items)
        {
            builder.Add(item);
        }

        return builder.Build();
    }

    /// <summary>Whether a value is a member.</summary>
    public bool Contains(RegoValue value) => _items.Find(value) >= 0;

    /// <summary>The member that equals a value: it may be written otherwise (1.0 for 1).</summary>
    internal RegoValue? Find(RegoValue value) => _items.Find(value) is >= 0 and var slot ? _items[slot] : null;

    /// <summary>The members in order.</summary>
    public Enumerator GetEnumerator() => new(_items);

    IEnumerator<RegoValue> IEnumerable<RegoValue>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override bool Equals(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is not RegoSet set || set.Count != Count || set.GetHashCode() != GetHashCode())
        {
            return false;
        }

        Work.Enter();
        foreach (var item in Unordered)
        {
            if (!set.Contains(item))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc />
    public override int GetHashCode()
    {
        Work.Enter();
        return _items.SetHash();
    }

    private protected override int CompareSameKind(RegoValue other)
    {
        Work.Enter();
        var set = (RegoSet)other;
        for (var i = 0; i < Count && i < set.Count; i++)
        {
            if (this[i].CompareTo(set[i]) is not 0 and var order)
            {
                return order;
            }
        }

        return Count.CompareTo(set.Count);
    }

    /// <summary>Walks over the members in order.</summary>
    public struct Enumerator : IEnumerator<RegoValue>
    {
        private readonly KeyTable _items;
        private readonly int[]? _order;
        private int _position;

        internal Enumerator(KeyTable items)
        {
            _items = items;
            _order = items.Order;
            _position = -1;
        }

        /// <inheritdoc />
        public readonly RegoValue Current => _items[_order is null ? _position : _order[_position]];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc />
        public bool MoveNext() => ++_position < _items.Count;

        /// <inheritdoc />
        public void Reset() => _position = -1;

        /// <inheritdoc />
        public readonly void Dispose()
        {
        }
    }

    /// <summary>Collects members; each counts once.</summary>
    public sealed class Builder
    {
        private KeyTableBuilder _items;

        /// <summary>An empty builder.</summary>
        /// <param name="capacity">How many members are likely.</param>
        public Builder(int capacity = 4) => _items = new KeyTableBuilder(capacity);

        /// <summary>How many members so far.</summary>
        public int Count => _items.Count;

        /// <summary>Adds a value; false when it was there.</summary>
        public bool Add(RegoValue value)
        {
            _items.Add(value, out var isNew);
            return isNew;
        }

        /// <summary>Whether a value was added.</summary>
        public bool Contains(RegoValue value) => _items.Contains(value);

        /// <summary>The set. The builder must not be used afterwards.</summary>
        public RegoSet Build() => _items.Count == 0 ? Empty : new(_items.ToTable());
    }
}
