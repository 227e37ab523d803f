using Writ.Rego.Evaluate;
using Writ.Rego.Values;

namespace Writ.Rego.Lower;

/// <summary>
/// The constant paths of the input that a policy's rules look at: one node for each, and a place in the scope for the
/// first of those that are looked at in more than one place.
/// </summary>
internal sealed class InputPaths
{
    /// <summary>So many are remembered in a scope.</summary>
    public const int Most = 24;

    private readonly Dictionary<RegoArray, Node.InputPath> _nodes = [];

    /// <summary>How many have a place.</summary>
    public int Count { get; private set; }

    /// <summary>All of the input, where a rule takes it whole.</summary>
    public Node Whole()
    {
        _nodes.TryAdd(RegoArray.Empty, new Node.InputPath([]));
        return Node.Input.Instance;
    }

    /// <summary>The paths, without those below another one.</summary>
    public IReadOnlyList<RegoArray> Shortest() =>
        [.. _nodes.Keys.Where(path => !Enumerable.Range(0, path.Count).Any(
            count => _nodes.ContainsKey(RegoArray.Own(path.Span[..count].ToArray()))))];

    public Node.InputPath Find(RegoValue[] path)
    {
        var key = RegoArray.Own(path);
        if (!_nodes.TryGetValue(key, out var node))
        {
            _nodes.Add(key, node = new Node.InputPath(path));
        }
        else if (node.Place < 0 && Count < Most)
        {
            node.Place = Count++;
        }

        return node;
    }
}
