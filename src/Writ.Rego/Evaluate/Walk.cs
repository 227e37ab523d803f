using Writ.Rego.Compile;
using Writ.Rego.Values;

namespace Writ.Rego.Evaluate;

/// <summary>Goes down the virtual documents by keys that are known only now, or by all there are.</summary>
internal sealed class Walk(RuleNode from, Pattern[] path, int slot) : Step
{
    public override bool Run(Evaluation evaluation, RegoValue?[] frame) =>
        At(0, from, Extents.Base(evaluation, from), evaluation, frame);

    private bool At(int at, RuleNode? node, RegoValue? documents, Evaluation evaluation, RegoValue?[] frame)
    {
        evaluation.Tick();
        if (node?.Group is { } group)
        {
            documents = group.Kind == RuleKind.Function ? null : evaluation.Document(group);
            node = null;
        }
        else if (node is not null && evaluation.Scope.Overlay is { } overlay && overlay.Hides(Extents.Path(node)))
        {
            node = null;
        }

        if (at == path.Length)
        {
            frame[slot] = node is null ? documents : Extents.Of(evaluation, node, documents);
            return frame[slot] is not null && Next.Run(evaluation, frame);
        }

        if (path[at] is Pattern.Equal known)
        {
            return known.Node.Eval(evaluation, frame) is { } key && Down(at, key, node, documents, evaluation, frame);
        }

        foreach (var key in Keys(node, documents))
        {
            if (path[at].Match(key, evaluation, frame) && Down(at, key, node, documents, evaluation, frame))
                return true;
        }

        return false;
    }

    private bool Down(
        int at, RegoValue key, RuleNode? node, RegoValue? documents, Evaluation evaluation, RegoValue?[] frame)
    {
        var child = key is RegoString word ? node?.Children.GetValueOrDefault(word.Value) : null;
        var below = documents is null ? null : Access.GetDocument(documents, key);
        return (child is not null || below is not null) && At(at + 1, child, below, evaluation, frame);
    }

    private static IEnumerable<RegoValue> Keys(RuleNode? node, RegoValue? documents)
    {
        IEnumerable<RegoValue> keys = documents switch
        {
            RegoObject map => map.Select(item => item.Key),
            RegoArray array => Enumerable.Range(0, array.Count).Select(i => RegoNumber.Of(i)),
            RegoSet set => set,
            _ => [],
        };
        return node is null
            ? keys
            : keys.Concat(node.Children.Keys.Select(RegoString.Of)).Distinct().Order();
    }
}
