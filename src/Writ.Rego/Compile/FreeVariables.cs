using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>
/// The variables that a term or an expression takes from the body around it, or gives to it. Those that occur within
/// comprehensions and <c>every</c>, which bind none for the body around, can be told apart.
/// </summary>
internal readonly struct FreeVariables(VariableSet found, VariableSet? closed)
{
    public void Collect(Expression expression)
    {
        foreach (var with in expression.With)
        {
            Collect(with.Value);
            if (with.Target is Term.Reference target)
                Collect(target.Path);
        }

        switch (expression)
        {
            case Expression.Test test:
                Collect(test.Term);
                break;
            case Expression.Unify unify:
                Collect(unify.Left);
                Collect(unify.Right);
                break;
            case Expression.SomeIn some:
                Collect(some.Key);
                Collect(some.Value);
                Collect(some.Collection);
                break;
            case Expression.Every every:
                Collect(every.Head.Domain);
                Close(every.Captures);
                break;
            case Expression.Not not:
                Collect(not.Operand);
                break;
            case Expression.Logical logical:
                foreach (var operand in logical.Operands)
                {
                    Collect(operand);
                }

                break;
        }
    }

    public void Collect(Term? term)
    {
        switch (term)
        {
            case Term.Variable { Id: >= 0 and var id }:
                found.Add(id);
                break;
            case Term.Reference reference:
                Collect(reference.Head);
                Collect(reference.Path);
                break;
            case Term.Call call:
                Collect(call.Arguments);
                break;
            case Term.Array array:
                Collect(array.Items);
                break;
            case Term.Set set:
                Collect(set.Items);
                break;
            case Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    Collect(key);
                    Collect(value);
                }

                break;
            case Term.Template template:
                foreach (var part in template.Parts)
                {
                    Collect(part.Term);
                }

                break;
            case Term.Comprehension comprehension:
                Close(comprehension.Captures);
                break;
        }
    }

    /// <summary>The variables that a pattern binds: not those in references, calls, sets and keys.</summary>
    public static void OfPattern(Term? pattern, VariableSet found)
    {
        switch (pattern)
        {
            case Term.Variable { Id: >= 0 and var id }:
                found.Add(id);
                break;
            case Term.Array array:
                foreach (var item in array.Items)
                {
                    OfPattern(item, found);
                }

                break;
            case Term.Object map:
                foreach (var (_, value) in map.Items)
                {
                    OfPattern(value, found);
                }

                break;
        }
    }

    private void Collect(Term[] terms)
    {
        foreach (var term in terms)
        {
            Collect(term);
        }
    }

    private void Collect(Operand operand)
    {
        Close(operand.Captures);
        if (operand.IsExplicit)
            return;
        foreach (var expression in operand.Body)
        {
            Collect(expression);
        }
    }

    private void Close(int[] captures)
    {
        foreach (var variable in captures)
        {
            found.Add(variable);
            closed?.Add(variable);
        }
    }
}
