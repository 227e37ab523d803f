using Writ.Rego.Resolve;
using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>The variables that an expression binds, given those that are bound before it.</summary>
internal sealed class Outputs(FunctionTable calls)
{
    public HashSet<string> Of(Expression expression, HashSet<string> safe)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var with in expression.With)
        {
            OfReferences(with.Value, safe, found);
        }

        switch (expression)
        {
            case Expression.Test { IsNegated: false } test:
                OfReferences(test.Term, safe, found);
                if (test.Term is Term.Call call && calls.HasOutput(call))
                    TermResolver.PatternVariables(call.Arguments[^1], found);
                break;
            case Expression.Unify { IsNegated: false } unify:
                OfUnification(unify, safe, found);
                break;
            case Expression.SomeIn some:
                OfReferences(some.Collection, safe, found);
                foreach (var pattern in new[] { some.Key, some.Value }.OfType<Term>())
                {
                    OfReferences(pattern, safe, found);
                    TermResolver.PatternVariables(pattern, found);
                }

                break;
            case Expression.Every every:
                OfReferences(every.Head.Domain, safe, found);
                break;
        }

        found.ExceptWith(safe);
        return found;
    }

    private static void OfUnification(Expression.Unify unify, HashSet<string> safe, HashSet<string> found)
    {
        OfReferences(unify.Left, safe, found);
        OfReferences(unify.Right, safe, found);
        var isLeftKnown = IsKnown(unify.Left, safe, found);
        var isRightKnown = IsKnown(unify.Right, safe, found);
        if (isRightKnown)
            TermResolver.PatternVariables(unify.Left, found);
        if (isLeftKnown)
            TermResolver.PatternVariables(unify.Right, found);
    }

    private static bool IsKnown(Term term, HashSet<string> safe, HashSet<string> found) =>
        FreeVariables.Of(term).All(name => safe.Contains(name) || found.Contains(name));

    /// <summary>A reference binds the variables among its keys, once it is known what it looks into.</summary>
    private static void OfReferences(Term? term, HashSet<string> safe, HashSet<string> found)
    {
        switch (term)
        {
            case Term.Reference reference:
                if (reference.Head is Term.Variable head && !ModuleNames.IsRoot(head.Name) && !safe.Contains(head.Name))
                    return;
                OfReferences(reference.Head, safe, found);
                foreach (var key in reference.Path)
                {
                    OfReferences(key, safe, found);
                    TermResolver.PatternVariables(key, found);
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

    private static void OfReferences(Term[] terms, HashSet<string> safe, HashSet<string> found)
    {
        foreach (var term in terms)
        {
            OfReferences(term, safe, found);
        }
    }
}
