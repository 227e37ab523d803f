using Writ.Rego.Evaluate;
using Writ.Rego.Values;

namespace Writ.Rego.Lower;

/// <summary>
/// Finds walks of which only the items with a known value at a place are wanted: <c>some grant in data.grants;
/// grant.subject == input.subject</c>. The comparison must come right after the walk, so that nothing that could
/// fail, print or be undefined is left out for the other items.
/// </summary>
internal static class Lookups
{
    public static void Attach(List<Step> steps)
    {
        for (var i = 0; i + 1 < steps.Count; i++)
        {
            if (steps[i] is Step.Iterate { Value: Pattern.Bind item } walk)
                walk.Lookup = Find(steps, i + 1, item.Slot, (walk.Key as Pattern.Bind)?.Slot ?? -1);
        }
    }

    private static Step.ItemLookup? Find(List<Step> steps, int from, int item, int key)
    {
        var names = new List<int> { item };
        for (var i = from; i < steps.Count; i++)
        {
            switch (steps[i])
            {
                case Step.Assign { Node: Node.Slot { Number: var of }, Slot: var slot } when names.Contains(of):
                    names.Add(slot);
                    break;
                case Step.Equal equal when IsPlain(equal.Left) && IsPlain(equal.Right):
                    if (Of(equal.Left, equal.Right) is { } found)
                        return found;
                    break;
                case Step.Test { Node: Node.Equality { IsNegated: false } equality }
                    when IsPlain(equality.Left) && IsPlain(equality.Right):
                    if (Of(equality.Left, equality.Right) is { } same)
                        return same;
                    break;
                default:
                    return null;
            }
        }

        return null;

        Step.ItemLookup? Of(Node left, Node right) =>
            PathOf(left) is { } path && IsKnown(right) ? new Step.ItemLookup(path, right)
            : PathOf(right) is { } other && IsKnown(left) ? new Step.ItemLookup(other, left)
            : null;

        RegoValue[]? PathOf(Node node)
        {
            var path = new List<RegoValue>();
            while (node is Node.Index { Key.Known: { } at } index)
            {
                path.Insert(0, at);
                node = index.Of;
            }

            return node is Node.Slot { Number: var slot } && names.Contains(slot) ? [.. path] : null;
        }

        bool IsKnown(Node node) => node switch
        {
            Node.Slot { Number: var slot } => slot != key && !names.Contains(slot),
            Node.Index index => IsKnown(index.Of) && IsKnown(index.Key),
            _ => true,
        };
    }

    /// <summary>Looks at values that are there, and does nothing else.</summary>
    private static bool IsPlain(Node node) => node switch
    {
        Node.Constant or Node.Slot or Node.Input or Node.InputPath or Node.BasePath => true,
        Node.Index index => IsPlain(index.Of) && IsPlain(index.Key),
        _ => false,
    };
}
