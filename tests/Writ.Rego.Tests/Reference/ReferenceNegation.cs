using Writ.Rego.Tree;

namespace Writ.Rego.Tests.Reference;

/// <summary>
/// What a negated expression needs is computed before it: references and calls among the operands of a call, calls in
/// anything else.
/// </summary>
/// <param name="isReference">Whether a name stands for a document.</param>
internal sealed class ReferenceNegation(Func<string, bool> isReference)
{
    private readonly List<Expression> _before = [];

    /// <summary>The expressions before it, and what is negated then.</summary>
    public (Expression[] Before, Expression Negated) Split(Expression expression)
    {
        Expression rest = expression switch
        {
            Expression.Unify unify => new Expression.Unify(
                Side(unify.Left), Side(unify.Right), unify.IsAssignment, true, [], unify.Span),
            Expression.Test { Term: Term.Call { Sign: "==" } call } => Test(call, Side),
            Expression.Test { Term: Term.Call call } => Test(call, Operand),
            Expression.Test test => new Expression.Test(Side(test.Term), true, [], test.Span),
            _ => throw new NotSupportedException(),
        };
        return ([.. _before], rest);
    }

    private static Expression.Test Test(Term.Call call, Func<Term, Term> operand) => new(
        new Term.Call(call.Function, [.. call.Arguments.Select(operand)], call.Sign, call.Span), true, [], call.Span);

    private Term Side(Term term) => term switch
    {
        Term.Reference { Head: Term.Variable } reference => new Term.Reference(
            reference.Head, [.. reference.Path.Select(Operand)], reference.Span),
        Term.Variable => term,
        _ => Operand(term),
    };

    private Term Operand(Term term) => term switch
    {
        Term.Reference or Term.Call => Named(term),
        Term.Variable variable when isReference(variable.Name) => Named(term),
        Term.Array array => new Term.Array([.. array.Items.Select(Operand)], array.Span),
        Term.Set set => new Term.Set([.. set.Items.Select(Operand)], set.Span),
        Term.Object map => new Term.Object(
            [.. map.Items.Select(item => KeyValuePair.Create(Operand(item.Key), Operand(item.Value)))], map.Span),
        _ => term,
    };

    private Term.Variable Named(Term term)
    {
        var name = new Term.Variable($"$before{_before.Count}@{term.Span.Start}", term.Span);
        _before.Add(new Expression.Unify(name, term, false, false, [], term.Span));
        return name;
    }
}
