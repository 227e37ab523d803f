using Writ.Rego.Tree;

namespace Writ.Rego.Lower;

/// <summary>
/// Without <c>import future.keywords.not</c> only the last part of an expression is negated: what it asks with, nested
/// calls and references among its operands, is evaluated before, and the body fails where that is undefined.
/// </summary>
/// <param name="bind">Evaluates a term before the negation; gives the variable that holds its value.</param>
internal sealed class Negation(Func<Term, Term> bind)
{
    /// <summary>What is left to be negated.</summary>
    public Expression Hoist(Expression expression) => expression switch
    {
        Expression.Test { Term: Term.Call call } test => new Expression.Test(Call(call), true, [], test.Span),
        Expression.Test test => new Expression.Test(Side(test.Term), true, [], test.Span),
        Expression.Unify unify => new Expression.Unify(
            Side(unify.Left), Side(unify.Right), unify.IsAssignment, true, [], unify.Span),
        _ => expression,
    };

    private Term.Call Call(Term.Call call)
    {
        var isEquation = call.Builtin is { Name: "equal" or "eq" };
        Converter<Term, Term> operand = isEquation ? Side : Operand;
        return new Term.Call(call.Function, Array.ConvertAll(call.Arguments, operand), call.Sign, call.Span)
        {
            Builtin = call.Builtin,
        };
    }

    /// <summary>A side of an equation may be an undefined reference, whose keys are not.</summary>
    private Term Side(Term term) => term switch
    {
        Term.Reference reference => new Term.Reference(
            Head(reference.Head), Array.ConvertAll(reference.Path, Operand), reference.Span),
        Term.Variable => term,
        _ => Operand(term),
    };

    private Term Head(Term head) => head is Term.Variable ? head : bind(head);

    private Term Operand(Term term) => term switch
    {
        Term.Reference or Term.Call or Term.Variable { Id: < 0 } => bind(term),
        Term.Array array => new Term.Array(Array.ConvertAll(array.Items, Operand), array.Span),
        Term.Set set => new Term.Set(Array.ConvertAll(set.Items, Operand), set.Span),
        Term.Object map => new Term.Object(
            Array.ConvertAll(map.Items, item => KeyValuePair.Create(Operand(item.Key), Operand(item.Value))),
            map.Span),
        _ => term,
    };
}
