using System.Globalization;
using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Documents;

/// <summary>
/// Several paths as one tree: objects by segment, null where a path ends. A document is filtered by such a tree, or
/// what lies at its ends removed.
/// </summary>
internal static class JsonPaths
{
    /// <summary>A path as segments: <c>a/b</c> with the escapes of JSON pointers, or an array.</summary>
    public static RegoValue[] Segments(RegoValue path) => path switch
    {
        RegoString { Value.Length: 0 } => [],
        RegoString text => [.. text.Value.TrimStart('/').Split('/').Select(part => RegoString.Of(
            part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))],
        RegoArray array => array.Span.ToArray(),
        _ => throw Operands.Invalid(
            1,
            "must be one of {set, array} containing string paths or array of path segments but got " + path.KindName),
    };

    public static RegoObject Tree(Operands a, int index)
    {
        var root = new Node();
        foreach (var path in a[index] is RegoArray or RegoSet ? a.Items(index) : throw a.Wrong(index, "set", "array"))
        {
            var segments = Segments(path);
            var node = segments.Length == 0 ? null : root;
            foreach (var segment in segments)
            {
                node = node is { IsEnd: false } ? node.Child(segment) : null;
            }

            if (node is not null)
            {
                node.IsEnd = true;
            }
        }

        return root.IsEnd ? RegoObject.Empty : (RegoObject)root.ToValue(isRoot: true);
    }

    public static RegoValue Filter(RegoValue value, RegoValue tree)
    {
        Work.Enter();
        if (tree is not RegoObject wanted)
        {
            return value;
        }

        switch (value)
        {
            case RegoArray array:
                var items = new List<RegoValue>();
                for (var i = 0; i < array.Count; i++)
                {
                    if (wanted.TryGet(Index(i), out var below))
                    {
                        items.Add(Filter(array[i], below));
                    }
                }

                return RegoArray.Own([.. items]);
            case RegoSet set:
                return RegoSet.Of([.. set.Where(item => wanted.TryGet(item, out _))
                    .Select(item => Filter(item, wanted[item]))]);
            case RegoObject map:
                var members = new RegoObject.Builder();
                foreach (var (key, below) in wanted)
                {
                    if (map.TryGet(key, out var member))
                    {
                        members.Set(key, Filter(member, below));
                    }
                }

                return members.Build();
            default:
                return value;
        }
    }

    public static RegoValue Remove(RegoObject value, RegoObject tree) => RemoveFrom(value, tree) ?? RegoObject.Empty;

    /// <summary>Null when the value itself goes.</summary>
    private static RegoValue? RemoveFrom(RegoValue value, RegoValue? tree)
    {
        Work.Enter();
        if (tree is not RegoObject unwanted)
        {
            return tree is RegoNull ? null : value;
        }

        switch (value)
        {
            case RegoArray array:
                var items = new List<RegoValue>();
                for (var i = 0; i < array.Count; i++)
                {
                    if (RemoveFrom(array[i], Find(unwanted, Index(i))) is { } kept)
                    {
                        items.Add(kept);
                    }
                }

                return RegoArray.Own([.. items]);
            case RegoSet set:
                var rest = new RegoSet.Builder();
                foreach (var item in set)
                {
                    if (RemoveFrom(item, Find(unwanted, item)) is { } kept)
                    {
                        rest.Add(kept);
                    }
                }

                return rest.Build();
            case RegoObject map:
                var members = new RegoObject.Builder(map.Count);
                foreach (var (key, member) in map)
                {
                    if (RemoveFrom(member, Find(unwanted, key)) is { } kept)
                    {
                        members.Set(key, kept);
                    }
                }

                return members.Build();
            default:
                return value;
        }
    }

    private static RegoValue? Find(RegoObject tree, RegoValue key) => tree.TryGet(key, out var below) ? below : null;

    private static RegoString Index(int index) => RegoString.Of(index.ToString(CultureInfo.InvariantCulture));

    private sealed class Node
    {
        private readonly Dictionary<RegoValue, Node> _children = [];

        public bool IsEnd { get; set; }

        public Node Child(RegoValue key)
        {
            if (!_children.TryGetValue(key, out var child))
            {
                child = new Node();
                _children.Add(key, child);
            }

            return child;
        }

        public RegoValue ToValue(bool isRoot)
        {
            Work.Enter();
            if (IsEnd && !isRoot)
            {
                return RegoNull.Instance;
            }

            var members = new RegoObject.Builder(_children.Count);
            foreach (var (key, child) in _children)
            {
                members.Set(key, child.ToValue(isRoot: false));
            }

            return members.Build();
        }
    }
}
