using System.Runtime.CompilerServices;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Documents of many files as one: objects are merged, everything else has its place to itself.</summary>
internal sealed class DocumentTree
{
    private readonly Node _root = new() { Children = [] };

    /// <summary>Puts a document below a path; false when something else is there already.</summary>
    public bool TryAdd(IEnumerable<string> path, RegoValue document)
    {
        var node = _root;
        foreach (var word in path)
        {
            if (!node.TryOpen())
                return false;
            node = node.Child(RegoString.Of(word));
        }

        return node.TryMerge(document);
    }

    public RegoObject Build() => (RegoObject)_root.Build();

    private sealed class Node
    {
        private RegoValue? _leaf;

        public Dictionary<RegoValue, Node>? Children { get; set; }

        public Node Child(RegoValue key)
        {
            if (!Children!.TryGetValue(key, out var child))
                Children.Add(key, child = new Node());
            return child;
        }

        /// <summary>Makes room for members; an object that stands here is taken apart.</summary>
        public bool TryOpen()
        {
            if (Children is not null)
                return true;
            if (_leaf is not (null or RegoObject))
                return false;
            Children = [];
            foreach (var (key, value) in _leaf as RegoObject ?? RegoObject.Empty)
            {
                Children.Add(key, new Node { _leaf = value });
            }

            _leaf = null;
            return true;
        }

        public bool TryMerge(RegoValue document)
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (_leaf is null && Children is null)
            {
                _leaf = document;
                return true;
            }

            return document is RegoObject map && TryOpen()
                && map.All(member => Child(member.Key).TryMerge(member.Value));
        }

        public RegoValue Build()
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            if (Children is null)
                return _leaf ?? RegoObject.Empty;
            var built = new RegoObject.Builder(Children.Count);
            foreach (var (key, child) in Children)
            {
                built.Set(key, child.Build());
            }

            return built.Build();
        }
    }
}
