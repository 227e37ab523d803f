using Writ.Rego.Resolve;
using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>Puts a body's expressions in an order in which every variable is bound before it is used.</summary>
internal sealed class BodyOrder(FunctionTable calls, Diagnostics problems)
{
    private readonly Outputs _outputs = new(calls);

    /// <summary>The ordered body, or null when there is no such order, which was reported.</summary>
    /// <param name="body">The expressions as written.</param>
    /// <param name="safe">What is bound before them; afterwards, what is bound behind them.</param>
    public List<Expression>? Arrange(IEnumerable<Expression> body, HashSet<string> safe)
    {
        var open = body.SelectMany(Unification.Split).Select(expression => new Entry(
            expression, FreeVariables.Of(expression), FreeVariables.InClosures(expression))).ToList();
        var ordered = new List<Expression>(open.Count);
        while (open.Count > 0)
        {
            var before = ordered.Count;
            for (var i = 0; i < open.Count; i++)
            {
                var entry = open[i];
                var outputs = _outputs.Of(entry.Expression, safe);
                if (!entry.Closed.IsSubsetOf(safe)
                    || entry.Free.Any(name => !safe.Contains(name) && !outputs.Contains(name)))
                {
                    continue;
                }

                ordered.Add(entry.Expression);
                safe.UnionWith(outputs);
                open.RemoveAt(i--);
            }

            if (ordered.Count == before)
            {
                Report(open, safe);
                return null;
            }
        }

        return ordered;
    }

    /// <summary>Whether all of a head's variables are bound; reports those that are not.</summary>
    public bool Check(Term term, HashSet<string> safe)
    {
        var free = FreeVariables.Of(term).Where(name => !safe.Contains(name));
        var missing = free.Order(StringComparer.Ordinal).ToArray();
        foreach (var name in missing)
        {
            problems.Add(term.Span, ErrorCodes.UnsafeVariable, $"var {Scope.Original(name)} is unsafe");
        }

        return missing.Length == 0;
    }

    private void Report(List<Entry> open, HashSet<string> safe)
    {
        foreach (var entry in open)
        {
            var outputs = _outputs.Of(entry.Expression, safe);
            foreach (var name in entry.Free.Order(StringComparer.Ordinal))
            {
                if (!safe.Contains(name) && (!outputs.Contains(name) || entry.Closed.Contains(name)))
                {
                    problems.Add(
                        entry.Expression.Span, ErrorCodes.UnsafeVariable, $"var {Scope.Original(name)} is unsafe");
                }
            }
        }
    }

    private sealed record Entry(Expression Expression, HashSet<string> Free, HashSet<string> Closed);
}
