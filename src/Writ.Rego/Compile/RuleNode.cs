namespace Writ.Rego.Compile;

/// <summary>One place of the virtual documents: a package, a part of one, or where a rule puts its value.</summary>
internal sealed class RuleNode(string name, RuleNode? parent)
{
    private static readonly Dictionary<string, RuleNode> None = new(StringComparer.Ordinal);

    private Dictionary<string, RuleNode> _children = None;

    public string Name => name;

    public RuleNode? Parent => parent;

    /// <summary>How many words lie between <c>data</c> and here.</summary>
    public int Depth { get; } = parent is null ? 0 : parent.Depth + 1;

    public Dictionary<string, RuleNode> Children => _children;

    public RuleGroup? Group { get; set; }

    /// <summary>The words from <c>data</c> to here, without it.</summary>
    public string[] Path
    {
        get
        {
            var path = new string[Depth];
            for (var node = this; node.Parent is not null; node = node.Parent)
            {
                path[node.Depth - 1] = node.Name;
            }

            return path;
        }
    }

    public RuleNode Child(string word)
    {
        if (_children.TryGetValue(word, out var child))
            return child;
        if (ReferenceEquals(_children, None))
            _children = new(StringComparer.Ordinal);
        _children.Add(word, child = new RuleNode(word, this));
        return child;
    }

    public IEnumerable<RuleNode> Ordered => _children.Count == 0
        ? []
        : _children.Values.OrderBy(child => child.Name, StringComparer.Ordinal);

    public IEnumerable<RuleGroup> Groups() =>
        (Group is null ? [] : new[] { Group }).Concat(Ordered.SelectMany(child => child.Groups()));

    /// <summary>Rules below one whose path has variables belong to it.</summary>
    public void RemoveChildren() => _children = None;
}
