using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Whole parts of the virtual documents, with the base documents that lie between them.</summary>
internal static class Extents
{
    /// <summary>The base document at a node's place, or null.</summary>
    public static RegoValue? Base(Evaluation evaluation, RuleNode node)
    {
        if (node.Parent is null)
            return evaluation.Scope.Data;
        return Base(evaluation, node.Parent) is { } above ? Access.Get(above, RegoString.Of(node.Name)) : null;
    }

    public static RegoValue? Of(Evaluation evaluation, RuleNode node, RegoValue? at)
    {
        if (node.Group is { } group)
            return group.Kind == RuleKind.Function ? null : evaluation.Document(group);
        if (evaluation.Scope.Overlay is { } overlay && overlay.Hides(Path(node)))
            return at;
        var map = new RegoObject.Builder(node.Children.Count);
        if (at is RegoObject documents)
        {
            foreach (var (key, value) in documents)
            {
                map.Set(key, value);
            }
        }
        else if (at is not null && node.Children.Count == 0)
        {
            return at;
        }

        foreach (var child in node.Children.Values)
        {
            var name = RegoString.Of(child.Name);
            if (Of(evaluation, child, at is null ? null : Access.Get(at, name)) is { } value)
                map.Set(name, value);
        }

        return map.Build();
    }

    public static RegoValue[] Path(RuleNode node) => [.. node.Path.Select(RegoValue (word) => RegoString.Of(word))];
}
