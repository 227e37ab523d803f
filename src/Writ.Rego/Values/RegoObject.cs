using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Writ.Rego.Values.Json;

namespace Writ.Rego.Values;

/// <summary>A map from values to values, in the order of its keys.</summary>
public sealed class RegoObject : RegoValue, IEnumerable<KeyValuePair<RegoValue, RegoValue>>
{
    private readonly int _offset;
    private readonly LazyText? _text;
    private KeyTable? _keys;
    private RegoValue[]? _values;
    private int _hash;

    /// <summary>The keys may be shared with others; the values, one for each slot, belong to the object.</summary>
    internal RegoObject(KeyTable keys, RegoValue[] values)
    {
        _keys = keys;
        _values = values;
    }

    internal RegoObject(LazyText text, int offset)
    {
        _text = text;
        _offset = offset;
    }

    /// <summary>The object without members.</summary>
    public static RegoObject Empty { get; } = new(KeyTable.Empty, []);

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Object;

    /// <summary>How many members.</summary>
    public int Count => Table.Count;

    /// <summary>The keys, which other objects may share: an object with the same keys is made of it fastest.</summary>
    internal KeyTable Table => Volatile.Read(ref _keys) ?? Read().Keys;

    /// <summary>
    /// The values by the slots of <see cref="Table" />. A text that is read again has its keys in the same slots.
    /// </summary>
    internal ReadOnlySpan<RegoValue> Values => (Volatile.Read(ref _values) ?? Read().Values).AsSpan(0, Table.Count);

    /// <summary>The value of a key.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public RegoValue this[RegoValue key] => TryGet(key, out var value)
        ? value
        : throw new KeyNotFoundException($"no key {key}");

    /// <summary>The value of a key.</summary>
    public bool TryGet(RegoValue key, [NotNullWhen(true)] out RegoValue? value)
    {
        var slot = Table.Find(key);
        value = slot < 0 ? null : Values[slot];
        return slot >= 0;
    }

    /// <summary>The value of a key that is a string.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out RegoValue? value) => TryGet(RegoString.Of(key), out value);

    /// <summary>The n-th key in order.</summary>
    public RegoValue KeyAt(int position)
    {
        var keys = Table;
        return keys[keys.SlotAt(position)];
    }

    /// <summary>The value of the n-th key in order.</summary>
    public RegoValue ValueAt(int position)
    {
        return Values[Table.SlotAt(position)];
    }

    /// <summary>The members in the order of their keys.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<KeyValuePair<RegoValue, RegoValue>> IEnumerable<KeyValuePair<RegoValue, RegoValue>>.GetEnumerator() =>
        GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc />
    public override bool Equals(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is not RegoObject map || map.Count != Count || map.GetHashCode() != GetHashCode())
        {
            return false;
        }

        Work.Enter();
        var keys = Table;
        var values = Values;
        for (var slot = 0; slot < keys.Count; slot++)
        {
            if (!map.TryGet(keys[slot], out var value) || !value.Equals(values[slot]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc />
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            Work.Enter();
            var keys = Table;
            var values = Values;
            var hash = keys.Count;
            for (var slot = 0; slot < keys.Count; slot++)
            {
                hash += Mix.Of(keys[slot].GetHashCode(), values[slot].GetHashCode());
            }

            _hash = Mix.Finish(hash);
        }

        return _hash;
    }

    private protected override int CompareSameKind(RegoValue other)
    {
        Work.Enter();
        var map = (RegoObject)other;
        for (var i = 0; i < Count && i < map.Count; i++)
        {
            var order = KeyAt(i).CompareTo(map.KeyAt(i));
            order = order == 0 ? ValueAt(i).CompareTo(map.ValueAt(i)) : order;
            if (order != 0)
            {
                return order;
            }
        }

        return Count.CompareTo(map.Count);
    }

    /// <summary>Gives up what was read: the text remains.</summary>
    internal void Forget()
    {
        Volatile.Write(ref _keys, null);
        Volatile.Write(ref _values, null);
    }

    /// <summary>Two threads may both do this; they come to equal ends.</summary>
    private (KeyTable Keys, RegoValue[] Values) Read()
    {
        var (keys, values) = _text!.ReadObject(_offset, this);
        Volatile.Write(ref _values, values);
        Volatile.Write(ref _keys, keys);
        return (keys, values);
    }

    /// <summary>Walks over the members in the order of their keys.</summary>
    public struct Enumerator : IEnumerator<KeyValuePair<RegoValue, RegoValue>>
    {
        private readonly KeyTable _keys;
        private readonly RegoValue[] _values;
        private readonly int[]? _order;
        private int _position;

        internal Enumerator(RegoObject map)
        {
            _keys = map.Table;
            _values = Volatile.Read(ref map._values) ?? map.Read().Values;
            _order = _keys.Order;
            _position = -1;
        }

        /// <inheritdoc />
        public readonly KeyValuePair<RegoValue, RegoValue> Current
        {
            get
            {
                var slot = _order is null ? _position : _order[_position];
                return new KeyValuePair<RegoValue, RegoValue>(_keys[slot], _values[slot]);
            }
        }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc />
        public bool MoveNext() => ++_position < _keys.Count;

        /// <inheritdoc />
        public void Reset() => _position = -1;

        /// <inheritdoc />
        public readonly void Dispose()
        {
        }
    }

    /// <summary>
    /// The names of an object that is made again and again: all objects of a shape share their keys, with the order and
    /// the index of these, so that making one costs its values. Safe for any number of threads.
    /// </summary>
    public sealed class Shape
    {
        private const int Most = 64;

        private readonly RegoValue[] _names;
        private readonly KeyTable _whole;
        private readonly ConcurrentDictionary<ulong, KeyTable> _parts = new();

        /// <summary>A shape of up to 64 distinct names.</summary>
        /// <exception cref="ArgumentException">There are more, or one is there twice.</exception>
        public Shape(params ReadOnlySpan<string> names)
        {
            var keys = new KeyTableBuilder(names.Length);
            foreach (var name in names)
            {
                keys.Add(RegoString.Of(name), out var isNew);
                if (!isNew || keys.Count > Most)
                {
                    throw new ArgumentException($"“{name}” is there twice, or is one too many.", nameof(names));
                }
            }

            _names = keys.Keys[..keys.Count];
            _whole = keys.ToTable();
        }

        /// <summary>How many names.</summary>
        public int Count => _names.Length;

        /// <summary>The place of a name among the names; −1: it is none of them.</summary>
        public int SlotOf(string name) => _whole.Find(RegoString.Of(name));

        /// <summary>Values in the places of their names, to be completed and made an object of; null for all others.
        /// </summary>
        /// <exception cref="ArgumentException">There is no such name.</exception>
        public RegoValue?[] Slots(params ReadOnlySpan<(string Name, RegoValue? Value)> members)
        {
            var slots = new RegoValue?[Count];
            foreach (var (name, value) in members)
            {
                if (SlotOf(name) is not (>= 0 and var slot))
                {
                    throw new ArgumentException($"There is no “{name}”.", nameof(members));
                }

                slots[slot] = value;
            }

            return slots;
        }

        /// <summary>An object with a value for each name, in the order of the names; null: it has no such member.
        /// </summary>
        /// <exception cref="ArgumentException">There are more or fewer values than names.</exception>
        public RegoObject Of(params ReadOnlySpan<RegoValue?> values)
        {
            if (values.Length != _names.Length)
            {
                throw new ArgumentException("A value for each name, or null.", nameof(values));
            }

            var (present, count) = (0ul, 0);
            var members = new RegoValue[values.Length];
            for (var i = 0; i < values.Length; i++)
            {
                if (values[i] is { } value)
                {
                    present |= 1ul << i;
                    members[count++] = value;
                }
            }

            return count == values.Length ? new RegoObject(_whole, members)
                : count == 0 ? Empty
                : new RegoObject(_parts.GetOrAdd(present, Part), members);
        }

        private KeyTable Part(ulong present)
        {
            RegoValue[] keys = [.. _names.Where((_, i) => (present & (1ul << i)) != 0)];
            return new KeyTable(keys, keys.Length);
        }
    }

    /// <summary>Collects members.</summary>
    public sealed class Builder
    {
        private KeyTableBuilder _keys;
        private RegoValue[] _values;

        /// <summary>An empty builder.</summary>
        /// <param name="capacity">How many members are likely.</param>
        public Builder(int capacity = 4)
        {
            _keys = new KeyTableBuilder(capacity);
            _values = new RegoValue[_keys.Keys.Length];
        }

        /// <summary>How many members so far.</summary>
        public int Count => _keys.Count;

        /// <summary>Sets the value of a key, whatever it was.</summary>
        public Builder Set(RegoValue key, RegoValue value)
        {
            Put(_keys.Add(key, out _), value);
            return this;
        }

        /// <summary>Sets the value of a key, whatever it was.</summary>
        public Builder Set(string key, RegoValue value) => Set(RegoString.Of(key), value);

        /// <summary>Adds a member; when the key is there, nothing changes and its value comes back.</summary>
        public bool TryAdd(RegoValue key, RegoValue value, out RegoValue present)
        {
            var slot = _keys.Add(key, out var isNew);
            if (isNew)
            {
                Put(slot, value);
            }

            present = _values[slot];
            return isNew;
        }

        /// <summary>The value of a key so far.</summary>
        public bool TryGet(RegoValue key, [NotNullWhen(true)] out RegoValue? value)
        {
            var slot = _keys.Find(key);
            value = slot < 0 ? null : _values[slot];
            return slot >= 0;
        }

        /// <summary>The object. The builder must not be used afterwards.</summary>
        public RegoObject Build() => _keys.Count == 0
            ? Empty
            : new(_keys.ToTable(), KeyTableBuilder.Trimmed(_values, _keys.Count));

        private void Put(int slot, RegoValue value)
        {
            if (slot >= _values.Length)
            {
                Array.Resize(ref _values, _keys.Keys.Length);
            }

            _values[slot] = value;
        }
    }
}
