namespace Writ.Rego.Tree;

/// <summary>Visits every expression and term of a rule or body, closures included, outer ones first.</summary>
internal sealed class TreeWalk(Action<Term> visitTerm, Action<Expression> visitExpression)
{
    public void Rule(Rule rule)
    {
        Terms(rule.Head.Path);
        Terms(rule.Head.Arguments ?? []);
        Term(rule.Head.Element);
        Term(rule.Head.Value);
        Body(rule.Body);
        foreach (var alternative in rule.Alternatives)
        {
            Term(alternative.Value);
            Body(alternative.Body);
        }
    }

    public void Body(IEnumerable<Expression> body)
    {
        foreach (var expression in body)
        {
            visitExpression(expression);
            foreach (var with in expression.With)
            {
                Term(with.Value);
            }

            Parts(expression);
        }
    }

    private void Parts(Expression expression)
    {
        switch (expression)
        {
            case Expression.Test test:
                Term(test.Term);
                break;
            case Expression.Unify unify:
                Term(unify.Left);
                Term(unify.Right);
                break;
            case Expression.SomeIn some:
                Term(some.Key);
                Term(some.Value);
                Term(some.Collection);
                break;
            case Expression.Every every:
                Term(every.Head.Domain);
                Body(every.Body);
                break;
            case Expression.Not not:
                Body(not.Operand.Body);
                break;
            case Expression.Logical logical:
                Array.ForEach(logical.Operands, operand => Body(operand.Body));
                break;
        }
    }

    public void Terms(Term[] terms)
    {
        foreach (var term in terms)
        {
            Term(term);
        }
    }

    public void Term(Term? term)
    {
        if (term is null)
            return;
        visitTerm(term);
        switch (term)
        {
            case Tree.Term.Reference reference:
                Term(reference.Head);
                Terms(reference.Path);
                break;
            case Tree.Term.Call call:
                Terms(call.Arguments);
                break;
            case Tree.Term.Array array:
                Terms(array.Items);
                break;
            case Tree.Term.Set set:
                Terms(set.Items);
                break;
            case Tree.Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    Term(key);
                    Term(value);
                }

                break;
            case Tree.Term.Template template:
                foreach (var part in template.Parts)
                {
                    Term(part.Term);
                    Array.ForEach(part.With, with => Term(with.Value));
                }

                break;
            case Tree.Term.Comprehension comprehension:
                Body(comprehension.Body);
                Term(comprehension.Key);
                Term(comprehension.Value);
                break;
        }
    }
}
