using Writ.Rego.Resolve;
using Writ.Rego.Tree;

namespace Writ.Rego.Compile;

/// <summary>The variables that a term or an expression takes from the body around it, or gives to it.</summary>
internal static class FreeVariables
{
    public static HashSet<string> Of(Expression expression)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        Collect(expression, found, null);
        return found;
    }

    public static HashSet<string> Of(Term term)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        Collect(term, found, null);
        return found;
    }

    /// <summary>Those that occur within comprehensions and <c>every</c>, which bind none for the body around.</summary>
    public static HashSet<string> InClosures(Expression expression)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var closed = new HashSet<string>(StringComparer.Ordinal);
        Collect(expression, all, closed);
        return closed;
    }

    private static void Collect(Expression expression, HashSet<string> found, HashSet<string>? closed)
    {
        foreach (var with in expression.With)
        {
            Collect(with.Value, found, closed);
            if (with.Target is Term.Reference target)
                Collect(target.Path, found, closed);
        }

        switch (expression)
        {
            case Expression.Test test:
                Collect(test.Term, found, closed);
                break;
            case Expression.Unify unify:
                Collect(unify.Left, found, closed);
                Collect(unify.Right, found, closed);
                break;
            case Expression.SomeIn some:
                Collect(some.Key, found, closed);
                Collect(some.Value, found, closed);
                Collect(some.Collection, found, closed);
                break;
            case Expression.Every every:
                Collect(every.Head.Domain, found, closed);
                var inner = new HashSet<string>(StringComparer.Ordinal);
                foreach (var line in every.Body)
                {
                    Collect(line, inner, null);
                }

                Close(inner, every.Locals, found, closed);
                break;
        }
    }

    private static void Collect(Term[] terms, HashSet<string> found, HashSet<string>? closed)
    {
        foreach (var term in terms)
        {
            Collect(term, found, closed);
        }
    }

    private static void Collect(Term? term, HashSet<string> found, HashSet<string>? closed)
    {
        switch (term)
        {
            case Term.Variable variable when !ModuleNames.IsRoot(variable.Name):
                found.Add(variable.Name);
                break;
            case Term.Reference reference:
                Collect(reference.Head, found, closed);
                Collect(reference.Path, found, closed);
                break;
            case Term.Call call:
                Collect(call.Arguments, found, closed);
                break;
            case Term.Array array:
                Collect(array.Items, found, closed);
                break;
            case Term.Set set:
                Collect(set.Items, found, closed);
                break;
            case Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    Collect(key, found, closed);
                    Collect(value, found, closed);
                }

                break;
            case Term.Template template:
                foreach (var part in template.Parts)
                {
                    Collect(part.Term, found, closed);
                }

                break;
            case Term.Comprehension comprehension:
                var inner = new HashSet<string>(StringComparer.Ordinal);
                Collect(comprehension.Key, inner, null);
                Collect(comprehension.Value, inner, null);
                foreach (var line in comprehension.Body)
                {
                    Collect(line, inner, null);
                }

                Close(inner, comprehension.Locals, found, closed);
                break;
        }
    }

    private static void Close(
        HashSet<string> inner, IEnumerable<string> locals, HashSet<string> found, HashSet<string>? closed)
    {
        inner.ExceptWith(locals);
        found.UnionWith(inner);
        closed?.UnionWith(inner);
    }
}
