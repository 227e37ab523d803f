using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>The variables that an expression binds, beside those that are bound before it.</summary>
internal sealed class Outputs(FunctionTable calls)
{
    private readonly VariableSet _inTerm = new();

    /// <summary>Adds them to what was found; some of them may be safe already.</summary>
    public void Collect(Expression expression, VariableSet safe, VariableSet found)
    {
        foreach (var with in expression.With)
        {
            OfReferences(with.Value, safe, found);
        }

        // What is put in place must be known before anything is asked of the world with it.
        if (!Array.TrueForAll(expression.With, with => IsKnown(with, safe, found)))
            return;

        switch (expression)
        {
            case Expression.Test { IsNegated: false } test:
                OfReferences(test.Term, safe, found);
                if (test.Term is Term.Call call && calls.HasOutput(call))
                    FreeVariables.OfPattern(call.Arguments[^1], found);
                break;
            case Expression.Unify { IsNegated: false } unify:
                OfUnification(unify, safe, found);
                break;
            case Expression.Test test:
                OfCalls(test.Term is Term.Call outer ? outer.Arguments : [test.Term], safe, found);
                break;
            case Expression.Unify unify:
                OfCalls([unify.Left, unify.Right], safe, found);
                break;
            case Expression.SomeIn some:
                OfReferences(some.Collection, safe, found);
                OfReferences(some.Key, safe, found);
                FreeVariables.OfPattern(some.Key, found);
                OfReferences(some.Value, safe, found);
                FreeVariables.OfPattern(some.Value, found);
                break;
            case Expression.Every every:
                OfReferences(every.Head.Domain, safe, found);
                break;
        }
    }

    /// <summary>What is negated binds nothing, but calls within it are made before.</summary>
    private static void OfCalls(IEnumerable<Term> terms, VariableSet safe, VariableSet found)
    {
        foreach (var term in terms)
        {
            switch (term)
            {
                case Term.Call call:
                    OfReferences(call.Arguments, safe, found);
                    break;
                case Term.Reference reference:
                    OfCalls(reference.Path.Prepend(reference.Head), safe, found);
                    break;
                case Term.Array array:
                    OfCalls(array.Items, safe, found);
                    break;
                case Term.Set set:
                    OfCalls(set.Items, safe, found);
                    break;
                case Term.Object map:
                    OfCalls(map.Items.Select(item => item.Key), safe, found);
                    OfCalls(map.Items.Select(item => item.Value), safe, found);
                    break;
            }
        }
    }

    private void OfUnification(Expression.Unify unify, VariableSet safe, VariableSet found)
    {
        OfReferences(unify.Left, safe, found);
        OfReferences(unify.Right, safe, found);
        var isLeftKnown = IsKnown(unify.Left, safe, found);
        var isRightKnown = IsKnown(unify.Right, safe, found);
        if (isRightKnown)
            FreeVariables.OfPattern(unify.Left, found);
        if (isLeftKnown && !unify.IsAssignment)
            FreeVariables.OfPattern(unify.Right, found);
    }

    private bool IsKnown(WithModifier with, VariableSet safe, VariableSet found) =>
        IsKnown(with.Value, safe, found)
        && (with.Target is not Term.Reference { Path: var path }
            || Array.TrueForAll(path, key => IsKnown(key, safe, found)));

    private bool IsKnown(Term term, VariableSet safe, VariableSet found)
    {
        if (term is Term.Variable variable)
            return variable.Id < 0 || safe.Contains(variable.Id) || found.Contains(variable.Id);
        new FreeVariables(_inTerm, null).Collect(term);
        var isKnown = true;
        for (var i = 0; i < _inTerm.Count && isKnown; i++)
        {
            isKnown = safe.Contains(_inTerm[i]) || found.Contains(_inTerm[i]);
        }

        _inTerm.Shrink(0);
        return isKnown;
    }

    /// <summary>A reference binds the variables among its keys, once it is known what it looks into.</summary>
    public static void OfReferences(Term? term, VariableSet safe, VariableSet found)
    {
        switch (term)
        {
            case Term.Reference reference:
                if (reference.Head is Term.Variable { Id: >= 0 and var head } && !safe.Contains(head))
                    return;
                OfReferences(reference.Head, safe, found);
                foreach (var key in reference.Path)
                {
                    OfReferences(key, safe, found);
                    FreeVariables.OfPattern(key, found);
                }

                break;
            case Term.Call call:
                OfReferences(call.Arguments, safe, found);
                break;
            case Term.Array array:
                OfReferences(array.Items, safe, found);
                break;
            case Term.Set set:
                OfReferences(set.Items, safe, found);
                break;
            case Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    OfReferences(key, safe, found);
                    OfReferences(value, safe, found);
                }

                break;
        }
    }

    private static void OfReferences(Term[] terms, VariableSet safe, VariableSet found)
    {
        foreach (var term in terms)
        {
            OfReferences(term, safe, found);
        }
    }
}
