using Writ.Rego.Syntax;
using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Compile;

/// <summary>Takes equations of composites apart: <c>[x, 1] = [2, y]</c> is <c>x = 2; 1 = y</c>.</summary>
internal static class Unification
{
    /// <summary>The parts of an expression; null when it has none.</summary>
    public static IEnumerable<Expression>? Split(Expression expression) =>
        expression is Expression.Unify
        {
            IsNegated: false, Left: Term.Array or Term.Object or Term.Literal,
            Right: Term.Array or Term.Object or Term.Literal,
        } unify
            ? Split(unify.Left, unify.Right, unify)
            : null;

    private static IEnumerable<Expression> Split(Term left, Term right, Expression.Unify whole)
    {
        switch (left, right)
        {
            case (Term.Array one, Term.Array other):
                return one.Items.Length == other.Items.Length
                    ? one.Items.Zip(other.Items).SelectMany(pair => Split(pair.First, pair.Second, whole))
                    : [Never(whole)];
            case (Term.Object one, Term.Object other) when Keys(one) is { } ones && Keys(other) is { } others:
                return ones.Count == others.Count && ones.Keys.All(others.ContainsKey)
                    ? ones.SelectMany(item => Split(item.Value, others[item.Key], whole))
                    : [Never(whole)];
            case (Term.Array or Term.Object, Term.Array or Term.Object) when left.GetType() != right.GetType():
                return [Never(whole)];
            case (Term.Literal one, Term.Literal other):
                return one.Value.Equals(other.Value) ? [] : [Never(whole)];
            default:
                return [new Expression.Unify(left, right, whole.IsAssignment, false, whole.With, whole.Span)];
        }
    }

    private static Dictionary<RegoValue, Term>? Keys(Term.Object map)
    {
        var keys = new Dictionary<RegoValue, Term>();
        foreach (var (key, value) in map.Items)
        {
            if (key is not Term.Literal literal || !keys.TryAdd(literal.Value, value))
                return null;
        }

        return keys;
    }

    private static Expression.Test Never(Expression.Unify whole) =>
        new(new Term.Literal(RegoBoolean.False, default(Span)), false, [], whole.Span);
}
