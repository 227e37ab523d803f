using Writ.Rego.Syntax;
using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>
/// Puts a body's expressions in an order in which every variable is bound before it is used: round after round, each
/// takes those that can stand where they are. What waits is looked at again only when one of its variables is bound.
/// </summary>
internal sealed class BodyOrder
{
    private readonly Diagnostics _problems;
    private readonly Outputs _outputs;
    private readonly VariableSet _free = new();
    private readonly VariableSet _closed = new();
    private readonly VariableSet _bound = new();

    public BodyOrder(FunctionTable calls, Diagnostics problems)
    {
        _problems = problems;
        _outputs = new Outputs(calls);
    }

    /// <summary>The ordered body, or null when there is no such order, which was reported.</summary>
    /// <param name="body">The expressions as written.</param>
    /// <param name="safe">What is bound before them; it is the same afterwards.</param>
    /// <param name="names">The variables' names by their numbers.</param>
    public List<Expression>? Arrange(IReadOnlyList<Expression> body, VariableSet safe, IReadOnlyList<string> names)
    {
        var mark = safe.Count;
        var ordered = new List<Expression>(body.Count);
        List<Expression>? waiting = null;
        for (var i = 0; i < body.Count; i++)
        {
            var expression = body[i];
            if (Unification.Split(expression) is not { } parts)
            {
                Place(expression);
                continue;
            }

            foreach (var part in parts)
            {
                Place(part);
            }
        }

        var isWhole = waiting is null || PlaceRest(waiting, safe, ordered, names);
        safe.Shrink(mark);
        return isWhole ? ordered : null;

        void Place(Expression part)
        {
            if (TryPlace(part, safe))
                ordered.Add(part);
            else
                (waiting ??= []).Add(part);
        }
    }

    /// <summary>Whether all of a head's variables are bound; reports those that are not.</summary>
    public bool Check(Term term, VariableSet safe, IReadOnlyList<string> names)
    {
        if (term is Term.Literal || (term is Term.Variable { Id: var id } && safe.Contains(id)))
            return true;
        new FreeVariables(_free, null).Collect(term);
        var isBound = IsSubset(_free, safe);
        if (!isBound)
            Report([.. _free.ToArray().Where(variable => !safe.Contains(variable))], term.Span, names);
        _free.Shrink(0);
        return isBound;
    }

    /// <summary>Whether a term needs variables that are not bound and that its own references do not bind.</summary>
    public bool Waits(Term term, VariableSet safe)
    {
        new FreeVariables(_free, null).Collect(term);
        Outputs.OfReferences(term, safe, _bound);
        var waits = false;
        for (var i = 0; i < _free.Count && !waits; i++)
        {
            waits = !safe.Contains(_free[i]) && !_bound.Contains(_free[i]);
        }

        _free.Shrink(0);
        _bound.Shrink(0);
        return waits;
    }

    /// <summary>Whether an expression can stand here; then what it binds is safe.</summary>
    private bool TryPlace(Expression expression, VariableSet safe)
    {
        new FreeVariables(_free, _closed).Collect(expression);
        var isReady = IsSubset(_free, safe);
        if (!isReady && (expression is Expression.Every || IsSubset(_closed, safe)))
        {
            _outputs.Collect(expression, safe, _bound);
            isReady = expression is not Expression.Every every || IsBoundBefore(every, safe);
            for (var i = 0; i < _free.Count && isReady; i++)
            {
                isReady = safe.Contains(_free[i]) || _bound.Contains(_free[i]);
            }

            for (var i = 0; i < _bound.Count && isReady; i++)
            {
                safe.Add(_bound[i]);
            }

            _bound.Shrink(0);
        }

        _free.Shrink(0);
        _closed.Shrink(0);
        return isReady;
    }

    /// <summary>What the domain of <c>every</c> binds is bound before its body is looked at.</summary>
    private bool IsBoundBefore(Expression.Every every, VariableSet safe)
    {
        _closed.Shrink(0);
        new FreeVariables(_free, _closed).Collect(every.Head.Domain);
        return IsSubset(_closed, safe) && every.Captures.All(name => safe.Contains(name) || _bound.Contains(name));
    }

    private bool PlaceRest(
        List<Expression> waiting, VariableSet safe, List<Expression> ordered, IReadOnlyList<string> names)
    {
        var wanting = new Dictionary<int, List<int>>();
        var next = new SortedSet<(int Round, int Index)>();
        for (var i = 0; i < waiting.Count; i++)
        {
            next.Add((0, i));
            new FreeVariables(_free, null).Collect(waiting[i]);
            for (var j = 0; j < _free.Count; j++)
            {
                if (safe.Contains(_free[j]))
                    continue;
                if (!wanting.TryGetValue(_free[j], out var wants))
                    wanting.Add(_free[j], wants = []);
                wants.Add(i);
            }

            _free.Shrink(0);
        }

        var isPlaced = new bool[waiting.Count];
        var left = waiting.Count;
        while (next.Count > 0)
        {
            var (round, index) = next.Min;
            next.Remove((round, index));
            var known = safe.Count;
            if (isPlaced[index] || !TryPlace(waiting[index], safe))
                continue;
            ordered.Add(waiting[index]);
            isPlaced[index] = true;
            left--;
            for (var i = known; i < safe.Count; i++)
            {
                foreach (var other in wanting.GetValueOrDefault(safe[i]) ?? [])
                {
                    next.Add((other > index ? round : round + 1, other));
                }
            }
        }

        if (left > 0)
            Report(waiting.Where((_, i) => !isPlaced[i]), safe, names);
        return left == 0;
    }

    private static bool IsSubset(VariableSet set, VariableSet of)
    {
        for (var i = 0; i < set.Count; i++)
        {
            if (!of.Contains(set[i]))
                return false;
        }

        return true;
    }

    private void Report(IEnumerable<Expression> open, VariableSet safe, IReadOnlyList<string> names)
    {
        foreach (var expression in open)
        {
            _outputs.Collect(expression, safe, _bound);
            new FreeVariables(_free, _closed).Collect(expression);
            var missing = _free.ToArray().Where(variable => !safe.Contains(variable)
                && (!_bound.Contains(variable) || _closed.Contains(variable)));
            if (expression is Expression.Unify { Left: Term.Variable { Name: "$part" } part } shown)
                ReportShown(missing.Where(variable => variable != part.Id), shown.Right.Span, names);
            else
                Report(missing, expression.Span, names);
            _free.Shrink(0);
            _closed.Shrink(0);
            _bound.Shrink(0);
        }
    }

    /// <summary>What a template or <c>print</c> shows and nobody declared.</summary>
    private void ReportShown(IEnumerable<int> missing, Span span, IReadOnlyList<string> names)
    {
        foreach (var name in missing.Select(variable => names[variable]).Order(StringComparer.Ordinal))
        {
            _problems.Add(span, ErrorCodes.Compile, $"var {name} is undeclared");
        }
    }

    private void Report(IEnumerable<int> missing, Span span, IReadOnlyList<string> names)
    {
        foreach (var name in missing.Select(variable => names[variable]).Order(StringComparer.Ordinal))
        {
            _problems.Add(span, ErrorCodes.UnsafeVariable, $"var {name} is unsafe");
        }
    }
}
