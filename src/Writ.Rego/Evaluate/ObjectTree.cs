using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>An object in the making: rules put leaves, or elements of sets, at paths of one key or more.</summary>
internal sealed class ObjectTree
{
    private readonly Dictionary<RegoValue, object> _items = [];

    /// <summary>Whether the leaf fits with those that are there.</summary>
    public bool TryAdd(ReadOnlySpan<RegoValue> path, RegoValue leaf, bool isElement)
    {
        var tree = this;
        for (var i = 0; i < path.Length - 1; i++)
        {
            if (!tree._items.TryGetValue(path[i], out var below))
                tree._items.Add(path[i], below = new ObjectTree());
            if (below is not ObjectTree inner)
                return false;
            tree = inner;
        }

        var key = path[^1];
        if (!tree._items.TryGetValue(key, out var present))
        {
            tree._items.Add(key, isElement ? new RegoSet.Builder() : leaf);
            present = tree._items[key];
        }

        if (isElement)
        {
            (present as RegoSet.Builder)?.Add(leaf);
            return present is RegoSet.Builder;
        }

        return leaf.Equals(present as RegoValue);
    }

    public RegoObject Build()
    {
        var map = new RegoObject.Builder(_items.Count);
        foreach (var (key, item) in _items)
        {
            map.Set(key, item switch
            {
                ObjectTree tree => tree.Build(),
                RegoSet.Builder set => set.Build(),
                _ => (RegoValue)item,
            });
        }

        return map.Build();
    }
}
