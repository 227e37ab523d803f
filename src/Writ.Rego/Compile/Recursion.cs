namespace Writ.Rego.Compile;

/// <summary>No rule may need its own value: evaluation always ends.</summary>
internal static class Recursion
{
    public static void Check(
        RuleGroup[] groups, Dictionary<RuleGroup, HashSet<RuleGroup>> uses, Diagnostics problems)
    {
        var done = new HashSet<RuleGroup>();
        foreach (var group in groups)
        {
            Visit(group, uses, done, problems);
        }
    }

    /// <summary>Depth first without recursion of its own: chains of rules may be long.</summary>
    private static void Visit(
        RuleGroup start, Dictionary<RuleGroup, HashSet<RuleGroup>> uses, HashSet<RuleGroup> done,
        Diagnostics problems)
    {
        if (!done.Add(start) || !uses.ContainsKey(start))
            return;
        var path = new List<RuleGroup> { start };
        var open = new HashSet<RuleGroup> { start };
        var next = new Stack<IEnumerator<RuleGroup>>([Uses(start)]);
        while (next.Count > 0)
        {
            if (!next.Peek().MoveNext())
            {
                next.Pop();
                open.Remove(path[^1]);
                path.RemoveAt(path.Count - 1);
                continue;
            }

            var used = next.Peek().Current;
            if (open.Contains(used))
            {
                var cycle = path.SkipWhile(group => group != used).Append(used).Select(group => group.Name);
                problems.Add(
                    used.Sources[0].Source.Span, ErrorCodes.Recursion,
                    $"rule {used.Name} is recursive: {string.Join(" -> ", cycle)}");
            }
            else if (done.Add(used))
            {
                path.Add(used);
                open.Add(used);
                next.Push(Uses(used));
            }
        }

        IEnumerator<RuleGroup> Uses(RuleGroup group) =>
            (uses.TryGetValue(group, out var used) ? used : Enumerable.Empty<RuleGroup>()).GetEnumerator();
    }
}
