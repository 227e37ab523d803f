using System.Runtime.InteropServices;

namespace Writ.Rego.Values;

/// <summary>
/// Where in a collection the items lie that have a value at a place: <c>grants[i].subject == x</c> without a walk.
/// Made when the same collection was walked for that several times. Immutable once it is published.
/// </summary>
internal sealed class ItemIndex
{
    /// <summary>Shorter collections are walked as fast.</summary>
    public const int Fewest = 8;

    /// <summary>So many walks come first: what is looked at once is not worth an index.</summary>
    private const int Walks = 2;

    private const int MostPlaces = 4;

    private static readonly ItemIndex[] Walked =
        [.. Enumerable.Range(1, Walks).Select(walks => new ItemIndex([], [], null) { _walks = walks })];

    private readonly RegoValue[] _path;
    private readonly Dictionary<RegoValue, int> _groups;
    private readonly int[] _starts;
    private readonly int[] _positions;
    private readonly ItemIndex? _next;
    private readonly int _count;
    private int _walks; // how often it was walked, of what stands for a collection without an index; 0 of an index

    private ItemIndex(RegoValue[] path, ReadOnlySpan<RegoValue> items, ItemIndex? next)
    {
        (_path, _groups, _next) = (path, [], next);
        _count = next is null ? 1 : next._count + 1;
        (_starts, _positions) = Group(items);
    }

    /// <summary>
    /// The index for a path of keys below each item, built by now or not: then the items must be walked.
    /// </summary>
    /// <param name="known">The place where the collection keeps its indexes.</param>
    /// <param name="path">The keys below an item; none for the item itself.</param>
    /// <param name="items">The items.</param>
    public static ItemIndex? Find(ref object? known, RegoValue[] path, ReadOnlySpan<RegoValue> items)
    {
        var first = Volatile.Read(ref known) as ItemIndex;
        var walked = first is null ? 0 : first._walks;
        if (first is null || (walked > 0 && walked < Walks))
        {
            Volatile.Write(ref known, Walked[walked]);
            return null;
        }

        for (var index = walked > 0 ? null : first; index is not null; index = index._next)
        {
            if (ReferenceEquals(index._path, path) || index._path.AsSpan().SequenceEqual(path))
                return index;
        }

        if (walked == 0 && first._count >= MostPlaces)
            return null;
        var built = new ItemIndex(path, items, walked > 0 ? null : first);
        Volatile.Write(ref known, built);
        return built;
    }

    /// <summary>The positions of the items that have the value, in order.</summary>
    public ReadOnlySpan<int> Positions(RegoValue value) => _groups.TryGetValue(value, out var group)
        ? _positions.AsSpan(_starts[group], _starts[group + 1] - _starts[group])
        : default;

    /// <summary>Numbers the values as they come, then lays the positions of each next to each other.</summary>
    private (int[] Starts, int[] Positions) Group(ReadOnlySpan<RegoValue> items)
    {
        var groups = new int[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            groups[i] = -1;
            if (At(items[i], _path) is not { } value)
                continue;
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(_groups, value, out var isKnown);
            if (!isKnown)
                group = _groups.Count - 1;
            groups[i] = group;
        }

        var ends = new int[_groups.Count + 2];
        foreach (var group in groups)
        {
            ends[group + 2] += group < 0 ? 0 : 1; // by two further, as filling moves each end to the next one's start
        }

        for (var group = 2; group < ends.Length; group++)
        {
            ends[group] += ends[group - 1];
        }

        var positions = new int[ends[^1]];
        for (var i = 0; i < groups.Length; i++)
        {
            if (groups[i] >= 0)
                positions[ends[groups[i] + 1]++] = i;
        }

        return (ends, positions);
    }

    private static RegoValue? At(RegoValue item, RegoValue[] path)
    {
        RegoValue? value = item;
        for (var i = 0; i < path.Length && value is not null; i++)
        {
            value = Evaluate.Access.Get(value, path[i]);
        }

        return value;
    }
}
