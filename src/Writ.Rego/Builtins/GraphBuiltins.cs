using Writ.Rego.Values;

namespace Writ.Rego.Builtins;

/// <summary>Graphs as objects from vertex to neighbours, and values as trees.</summary>
internal static class GraphBuiltins
{
    private const int StepsPerItem = 16;
    private const string Vertices = "any<array[any], set[any]>";
    private const string Graph = $"object[any: {Vertices}]";

    public static IEnumerable<Builtin> All =>
    [
        new("graph.reachable", $"({Graph}, {Vertices}) => set[any]", Reachable),
        new("graph.reachable_paths", $"({Graph}, {Vertices}) => set[array[any]]", ReachablePaths),
        new("walk", "(any) => array<array[any], any>", (c, a) => Walk(c, a[0])) { IsRelation = true },
    ];

    private static RegoSet Reachable(BuiltinContext context, Operands a)
    {
        var (graph, open) = (a.Object(0), new Stack<RegoValue>(Start(a)));
        var reached = new RegoSet.Builder();
        while (open.TryPop(out var vertex))
        {
            if (!graph.TryGet(vertex, out var neighbours) || !reached.Add(vertex))
            {
                continue;
            }

            foreach (var neighbour in Neighbours(neighbours))
            {
                open.Push(neighbour);
            }
        }

        return reached.Build();
    }

    private static RegoSet ReachablePaths(BuiltinContext context, Operands a)
    {
        var (graph, paths) = (a.Object(0), new RegoSet.Builder());
        foreach (var start in Start(a))
        {
            if (!graph.TryGet(start, out var neighbours))
            {
                continue;
            }

            var next = Neighbours(neighbours);
            if (next.Length == 0)
            {
                paths.Add(RegoArray.Of(start));
            }

            foreach (var neighbour in next)
            {
                new PathFinder(context, graph, paths).Follow(neighbour, [start], [start]);
            }
        }

        return paths.Build();
    }

    /// <summary>Every part of a value with the path that leads to it, from the value itself downward.</summary>
    private static RegoArray Walk(BuiltinContext context, RegoValue root)
    {
        var found = new List<RegoValue>();
        var steps = 0L;
        Walk(context, found, RegoArray.Empty, root, ref steps);
        return RegoArray.Own([.. found]);
    }

    private static void Walk(
        BuiltinContext context, List<RegoValue> found, RegoArray path, RegoValue value, ref long steps)
    {
        Work.Enter();
        context.CheckItems(found.Count);

        // Each path is a copy of the one above it: those of what lies deep make most of the result.
        steps += path.Count;
        context.CheckItems(steps / StepsPerItem);
        found.Add(RegoArray.Own([path, value]));
        switch (value)
        {
            case RegoArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    Walk(context, found, Extended(path, RegoNumber.Of(i)), array[i], ref steps);
                }

                break;
            case RegoObject map:
                foreach (var (key, member) in map)
                {
                    Walk(context, found, Extended(path, key), member, ref steps);
                }

                break;
            case RegoSet set:
                foreach (var item in set)
                {
                    Walk(context, found, Extended(path, item), item, ref steps);
                }

                break;
        }
    }

    private static RegoArray Extended(RegoArray path, RegoValue key) => RegoArray.Own([.. path.Span, key]);

    private static RegoValue[] Start(Operands a)
    {
        a.Object(0);
        return a[1] is RegoArray or RegoSet ? a.Items(1).ToArray() : throw a.Wrong(1, "{array, set}");
    }

    /// <summary>What is no collection has no neighbours.</summary>
    private static RegoValue[] Neighbours(RegoValue value) => value switch
    {
        RegoArray array => array.Span.ToArray(),
        RegoSet set => set.ToArray(),
        _ => [],
    };

    /// <summary>
    /// Paths end where nothing follows, before what is no vertex, and before a vertex that was passed already, on this
    /// path or on one before it from the same neighbour: so there are never more ends than edges.
    /// </summary>
    private sealed class PathFinder(BuiltinContext context, RegoObject graph, RegoSet.Builder paths)
    {
        public void Follow(RegoValue vertex, List<RegoValue> path, HashSet<RegoValue> reached)
        {
            Work.Enter();
            if (!graph.TryGet(vertex, out var neighbours))
            {
                Add(path);
                return;
            }

            path.Add(vertex);
            var next = Neighbours(neighbours);
            if (next.Length == 0)
            {
                Add(path);
            }

            foreach (var neighbour in next)
            {
                if (reached.Contains(neighbour))
                {
                    Add(path);
                }
                else
                {
                    reached.Add(vertex);
                    Follow(neighbour, path, reached);
                }
            }

            path.RemoveAt(path.Count - 1);
        }

        private void Add(List<RegoValue> path)
        {
            context.CheckTime();
            paths.Add(RegoArray.Own([.. path]));
            context.CheckItems(paths.Count * (long)path.Count);
        }
    }
}
