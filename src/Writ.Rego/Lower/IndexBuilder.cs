using System.Runtime.InteropServices;
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
    public const int FewestRules = 4;

    /// <summary>What rules can be found by; null when they are few, or have nothing in common.</summary>
    public static IndexPlan? Plan(List<ResolvedRule> rules)
    {
        if (rules.Count < FewestRules)
            return null;
        var found = new List<Comparison>();
        for (var i = 0; i < rules.Count; i++)
        {
            Find(rules[i], i, found);
        }

        if (Choose(found, rules.Count) is not { } place)
            return null;
        var ofRules = new Comparison?[rules.Count];
        foreach (var comparison in found)
        {
            // Of two comparisons of one place in a rule the first counts: both must hold.
            if (comparison.Place.Equals(place))
                ofRules[comparison.Rule] ??= comparison;
        }

        return new IndexPlan(place, ofRules);
    }

    /// <summary>The place at which the fewest rules are left to be tried.</summary>
    private static Place? Choose(List<Comparison> found, int rules)
    {
        var places = new Dictionary<Place, Dictionary<RegoValue, int>>();
        var counts = new Dictionary<Place, int>();
        var last = new Dictionary<Place, int>();
        foreach (var (place, values, rule, _) in found)
        {
            if (!last.TryAdd(place, rule) && last[place] == rule)
                continue;
            last[place] = rule;
            CollectionsMarshal.GetValueRefOrAddDefault(counts, place, out _)++;
            ref var byValue = ref CollectionsMarshal.GetValueRefOrAddDefault(places, place, out _);
            byValue ??= [];
            foreach (var value in values)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(byValue, value, out _)++;
            }
        }

        Place? best = null;
        var least = double.MaxValue;
        foreach (var (place, byValue) in places)
        {
            // Left to be tried: those that say nothing of the place, and those of a value that occurs often.
            var cost = rules - counts[place] + byValue.Values.DefaultIfEmpty().Max();
            if (counts[place] >= FewestRules && cost < least)
                (best, least) = (place, cost);
        }

        return best;
    }

    /// <summary>What a rule compares with constants, whatever else it says; none where it has an <c>else</c>.</summary>
    private static void Find(ResolvedRule rule, int index, List<Comparison> found)
    {
        if (rule.Branches is not [var branch])
            return;
        for (var i = 0; i < branch.Arguments?.Length; i++)
        {
            if (branch.Arguments[i] is Term.Literal literal)
                found.Add(new Comparison(new Place(i, []), [literal.Value], index, null));
        }

        foreach (var expression in branch.Body)
        {
            if (expression.With.Length > 0 || Sides(expression) is not var (left, right, isMember))
                continue;
            Add(left, right, isMember, expression);
            if (!isMember)
                Add(right, left, isMember: false, expression);
        }

        void Add(Term of, Term constant, bool isMember, Expression whole)
        {
            if (PlaceOf(of, branch) is { } place && Values(constant, isMember) is { } values)
                found.Add(new Comparison(place, values, index, whole));
        }
    }

    private static RegoValue[]? Values(Term constant, bool isMember) => Constants.Fold(constant) switch
    {
        null => null,
        var value when !isMember => [value],
        RegoSet set => [.. set],
        RegoArray array => array.Span.ToArray(),
        _ => null,
    };

    private static (Term Left, Term Right, bool IsMember)? Sides(Expression expression) => expression switch
    {
        Expression.Unify { IsNegated: false } unify => (unify.Left, unify.Right, false),
        Expression.Test
        {
            IsNegated: false, Term: Term.Call { Builtin.Name: "equal", Arguments: [var one, var other] },
        } => (one, other, false),
        Expression.Test
        {
            IsNegated: false, Term: Term.Call { Builtin.Name: "internal.member_2", Arguments: [var one, var other] },
        } => (one, other, true),
        _ => null,
    };

    /// <summary>A constant path of the input, or a function's argument.</summary>
    private static Place? PlaceOf(Term term, ResolvedBranch branch)
    {
        switch (term)
        {
            case Term.Reference { Head: Term.Variable { Id: < 0, Name: "input" } } reference
                when Array.TrueForAll(reference.Path, part => part is Term.Literal):
                return new Place(Place.Input, Array.ConvertAll(reference.Path, part => ((Term.Literal)part).Value));
            case Term.Variable { Id: >= 0 and var id } when branch.Arguments is { } arguments:
                for (var at = 0; at < arguments.Length; at++)
                {
                    if (arguments[at] is Term.Variable other && other.Id == id)
                        return new Place(at, []);
                }

                return null;
            default:
                return null;
        }
    }

    /// <summary>A comparison of a rule, by its number; no expression where an argument is the constant.</summary>
    internal sealed record Comparison(Place Place, RegoValue[] Values, int Rule, Expression? Whole);

    /// <summary>A path of the input, or a function's argument by its number.</summary>
    internal readonly record struct Place(int Argument, RegoValue[] Path)
    {
        public const int Input = -1;

        public bool Equals(Place other) => Argument == other.Argument && Path.AsSpan().SequenceEqual(other.Path);

        public override int GetHashCode()
        {
            var code = Argument;
            foreach (var key in Path)
            {
                code = HashCode.Combine(code, key);
            }

            return code;
        }

        public Node Node(Lowering lowering) =>
            Argument == Input
                ? lowering.Fact("input", Path, lowering.InputPaths.Find(Path))
                : new Node.Slot(Argument);
    }
}
