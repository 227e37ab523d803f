namespace Writ.Rego.Compile;

/// <summary>One place of the virtual documents: a package, a part of one, or where a rule puts its value.</summary>
internal sealed class RuleNode(string name, RuleNode? parent)
{
    public string Name => name;

    public RuleNode? Parent => parent;

    public SortedDictionary<string, RuleNode> Children { get; } = new(StringComparer.Ordinal);

    public RuleGroup? Group { get; set; }

    /// <summary>The words from <c>data</c> to here, without it.</summary>
    public string[] Path => parent is null ? [] : [.. parent.Path, name];

    public RuleNode Child(string word)
    {
        if (!Children.TryGetValue(word, out var child))
            Children.Add(word, child = new RuleNode(word, this));
        return child;
    }

    public IEnumerable<RuleGroup> Groups() =>
        (Group is null ? [] : new[] { Group }).Concat(Children.Values.SelectMany(child => child.Groups()));
}
