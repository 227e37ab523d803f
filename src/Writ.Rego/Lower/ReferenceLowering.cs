using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Lower;

/// <summary>
/// Finds out at compile time what a reference looks into: the input, base documents, rules, or a mix.
/// </summary>
internal readonly struct ReferenceLowering(Lowering lowering, BodyLowering body)
{
    public Node Lower(Term.Reference reference, List<Step> steps) => reference.Head switch
    {
        Term.Variable { Id: < 0, Name: "input" } => Input(reference.Path, steps),
        Term.Variable { Id: < 0, Name: "data" } => Data(reference, steps),
        _ => Follow(body.Term(reference.Head, steps), reference.Path, steps),
    };

    private Node Input(Term[] path, List<Step> steps)
    {
        var constant = Constant(path);
        Node node = constant.Length == 0 ? lowering.InputPaths.Whole()
            : lowering.Current is null ? new Node.InputPath(constant)
            : lowering.InputPaths.Find(constant);
        return Follow(lowering.Fact("input", constant, node), path.AsSpan(constant.Length), steps);
    }

    /// <summary>The keys before the first that is no literal.</summary>
    private static RegoValue[] Constant(ReadOnlySpan<Term> path)
    {
        var count = 0;
        while (count < path.Length && path[count] is Term.Literal)
        {
            count++;
        }

        var keys = count == 0 ? [] : new RegoValue[count];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((Term.Literal)path[i]).Value;
        }

        return keys;
    }

    private Node Data(Term.Reference reference, List<Step> steps)
    {
        var path = reference.Path;
        var node = lowering.Root;
        var at = 0;
        while (at < path.Length && node.Group is null && path[at] is Term.Literal { Value: RegoString word }
            && node.Children.TryGetValue(word.Value, out var child))
        {
            node = child;
            at++;
        }

        if (node.Group is { } group)
        {
            lowering.Use(group);
            if (group.Kind == RuleKind.Set && at < path.Length && !body.Binds(path[at]))
            {
                var member = new Node.Member(lowering.Probe(group), body.Term(path[at], steps));
                return Follow(member, path.AsSpan(at + 1), steps);
            }

            return Follow(new Node.Document(group), path.AsSpan(at), steps);
        }

        if (at == path.Length)
        {
            lowering.Use(node, []);
            return new Node.Extent(node);
        }

        if (path[at] is Term.Literal)
        {
            var constant = Constant(path);
            return Follow(
                lowering.Fact("data", constant, new Node.BasePath(constant)), path.AsSpan(constant.Length), steps);
        }

        if (node.Children.Count == 0)
        {
            var constant = Constant(path.AsSpan(0, at));
            return Follow(lowering.Fact("data", constant, new Node.BasePath(constant)), path.AsSpan(at), steps);
        }

        lowering.Use(node, path.AsSpan(at));
        var keys = new Pattern[path.Length - at];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = body.Pattern(path[at + i], steps);
        }

        var slot = body.NewSlot();
        steps.Add(new Walk(node, keys, slot));
        return new Node.Slot(slot);
    }

    private Node Follow(Node node, ReadOnlySpan<Term> path, List<Step> steps)
    {
        foreach (var key in path)
        {
            if (body.Binds(key))
            {
                var pattern = body.Pattern(key, steps);
                var slot = body.NewSlot();
                steps.Add(new Step.Iterate(node, pattern, new Pattern.Bind(slot)));
                node = new Node.Slot(slot);
            }
            else
            {
                node = new Node.Index(node, body.Term(key, steps));
            }
        }

        return node;
    }
}
