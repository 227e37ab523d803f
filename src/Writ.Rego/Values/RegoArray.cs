using Writ.Rego.Values.Json;

namespace Writ.Rego.Values;

/// <summary>An ordered list of values.</summary>
public sealed class RegoArray : RegoValue
{
    private readonly int _offset;
    private RegoValue[]? _items;
    private object? _more; // the text that it is read from; or what finds its items
    private int _hash;

    internal RegoArray(RegoValue[] items) => _items = items;

    internal RegoArray(LazyText text, int offset)
    {
        _more = text;
        _offset = offset;
    }

    /// <summary>The array without items.</summary>
    public static RegoArray Empty { get; } = new([]);

    /// <inheritdoc />
    public override RegoKind Kind => RegoKind.Array;

    /// <summary>How many items.</summary>
    public int Count => Items.Length;

    /// <summary>The items in order.</summary>
    public ReadOnlySpan<RegoValue> Span => Items;

    private RegoValue[] Items => Volatile.Read(ref _items) ?? Read();

    /// <summary>The item at an index from 0.</summary>
    public RegoValue this[int index] => Items[index];

    /// <summary>An array of some items.</summary>
    public static RegoArray Of(params ReadOnlySpan<RegoValue> items) => items.IsEmpty ? Empty : new(items.ToArray());

    /// <summary>An array of some items.</summary>
    public static RegoArray Of(IEnumerable<RegoValue> items) => Own([.. items]);

    /// <summary>The items in order.</summary>
    public ReadOnlySpan<RegoValue>.Enumerator GetEnumerator() => Span.GetEnumerator();

    /// <summary>The item that a value of the language points at: an integer from 0 below the count.</summary>
    public bool TryGet(RegoValue key, out RegoValue value)
    {
        var items = Items;
        if (key is RegoNumber number && number.TryGetInt64(out var index) && (ulong)index < (ulong)items.Length)
        {
            value = items[index];
            return true;
        }

        value = RegoNull.Instance;
        return false;
    }

    /// <inheritdoc />
    public override bool Equals(RegoValue? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is not RegoArray array || array.Count != Count || array.GetHashCode() != GetHashCode())
        {
            return false;
        }

        Work.Enter();
        return Items.AsSpan().SequenceEqual(array.Items);
    }

    /// <inheritdoc />
    public override int GetHashCode()
    {
        if (_hash == 0)
        {
            Work.Enter();
            var hash = 0x61_7272;
            foreach (var item in Items)
            {
                hash = Mix.Of(hash, item.GetHashCode());
            }

            _hash = Mix.Finish(hash);
        }

        return _hash;
    }

    /// <summary>Finds items by what lies at a place of theirs; null while a walk is as good.</summary>
    internal ItemIndex? FindIndex(RegoValue[] path)
    {
        var items = Items;
        return items.Length < ItemIndex.Fewest || _more is LazyText ? null : ItemIndex.Find(ref _more, path, items);
    }

    /// <summary>An array that takes over what is given.</summary>
    internal static RegoArray Own(RegoValue[] items) => items is [] ? Empty : new(items);

    private protected override int CompareSameKind(RegoValue other)
    {
        Work.Enter();
        return Span.SequenceCompareTo(((RegoArray)other).Span);
    }

    /// <summary>Gives up what was read: the text remains.</summary>
    internal void Forget() => Volatile.Write(ref _items, null);

    /// <summary>Two threads may both do this; they come to equal ends.</summary>
    private RegoValue[] Read()
    {
        var items = ((LazyText)_more!).ReadArray(_offset, this);
        Volatile.Write(ref _items, items);
        return items;
    }
}
