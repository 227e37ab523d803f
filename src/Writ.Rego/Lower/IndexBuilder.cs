using Writ.Rego.Compile;
using Writ.Rego.Evaluate;
using Writ.Rego.Resolve;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Lower;

/// <summary>
/// Looks for the comparison with a constant that most rules of a group share: <c>input.method == "GET"</c>,
/// <c>input.role in {"a", "b"}</c>, or a constant argument of a function.
/// </summary>
internal static class IndexBuilder
{
    private const int FewestRules = 4;

    public static RuleIndex? Build(RuleGroup group, ResolvedRule[] rules)
    {
        if (rules.Length < FewestRules)
            return null;
        var keys = Array.ConvertAll(rules, Keys);
        var names = keys.SelectMany(found => found.Keys).CountBy(name => name, StringComparer.Ordinal);
        var (chosen, most) = names.Append(new("", 0)).MaxBy(name => name.Value);
        if (most < FewestRules)
            return null;
        var byValue = new Dictionary<RegoValue, List<RuleProgram>>();
        var others = new List<RuleProgram>();
        Node? node = null;
        for (var i = 0; i < rules.Length; i++)
        {
            if (!keys[i].TryGetValue(chosen, out var comparison))
            {
                others.Add(group.Programs[i]);
                continue;
            }

            node = comparison.Node;
            foreach (var value in comparison.Values.Distinct())
            {
                if (!byValue.TryGetValue(value, out var found))
                    byValue.Add(value, found = []);
                found.Add(group.Programs[i]);
            }
        }

        return new RuleIndex(
            node!, byValue.ToDictionary(item => item.Key, item => item.Value.ToArray()), [.. others]);
    }

    /// <summary>What a rule compares with constants, whatever else it says; none where it has an <c>else</c>.</summary>
    private static Dictionary<string, Comparison> Keys(ResolvedRule rule)
    {
        var found = new Dictionary<string, Comparison>(StringComparer.Ordinal);
        if (rule.Branches is not [var branch])
            return found;
        for (var i = 0; i < branch.Arguments?.Length; i++)
        {
            if (branch.Arguments[i] is Term.Literal literal)
                found.TryAdd($"{i}", new Comparison(new Node.Slot(i), [literal.Value]));
        }

        foreach (var expression in branch.Body)
        {
            if (expression.With.Length == 0 && Sides(expression) is var (left, right, isMember))
            {
                Add(left, right, isMember, branch, found);
                if (!isMember)
                    Add(right, left, false, branch, found);
            }
        }

        return found;
    }

    private static (Term Left, Term Right, bool IsMember)? Sides(Expression expression) => expression switch
    {
        Expression.Unify { IsNegated: false } unify => (unify.Left, unify.Right, false),
        Expression.Test
        {
            IsNegated: false,
            Term: Term.Call { Function: Term.Variable { Name: "equal" }, Arguments: [var one, var other] },
        } => (one, other, false),
        Expression.Test
        {
            IsNegated: false,
            Term: Term.Call { Function: Term.Variable { Name: "internal.member_2" }, Arguments: [var one, var other] },
        } => (one, other, true),
        _ => null,
    };

    private static void Add(
        Term of, Term constant, bool isMember, ResolvedBranch branch, Dictionary<string, Comparison> found)
    {
        if (Constants.Fold(constant) is not { } value || Place(of, branch) is not var (name, node))
            return;
        if (!isMember)
            found.TryAdd(name, new Comparison(node, [value]));
        else if (value is RegoSet set)
            found.TryAdd(name, new Comparison(node, [.. set]));
        else if (value is RegoArray array)
            found.TryAdd(name, new Comparison(node, array.Span.ToArray()));
    }

    /// <summary>A constant path of the input, or a function's argument.</summary>
    private static (string Name, Node Node)? Place(Term term, ResolvedBranch branch)
    {
        switch (term)
        {
            case Term.Reference { Head: Term.Variable { Name: "input" } } reference
                when reference.Path.All(part => part is Term.Literal):
                RegoValue[] path = [.. reference.Path.Select(part => ((Term.Literal)part).Value)];
                return ($"input{RegoArray.Of(path)}", new Node.InputPath(path));
            case Term.Variable variable:
                var at = Array.FindIndex(
                    branch.Arguments ?? [],
                    argument => argument is Term.Variable other && other.Name == variable.Name);
                return at < 0 ? null : ($"{at}", new Node.Slot(at));
            default:
                return null;
        }
    }

    private sealed record Comparison(Node Node, RegoValue[] Values);
}
