using Writ.Rego.Tree;

namespace Writ.Rego.Resolve;

/// <summary>
/// The names of variables that a body mentions itself, and not only within a comprehension or <c>every</c>.
/// </summary>
internal static class Mentions
{
    public static HashSet<string> Of(Expression[] body, Term?[] terms)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var expression in body)
        {
            Collect(expression, names);
        }

        foreach (var term in terms)
        {
            Collect(term, names);
        }

        names.ExceptWith(Declared(body));
        return names;
    }

    /// <summary>What <c>some</c> and <c>:=</c> declare in a body.</summary>
    private static HashSet<string> Declared(Expression[] body)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var expression in body)
        {
            switch (expression)
            {
                case Expression.Some some:
                    names.UnionWith(some.Names.Select(name => name.Name));
                    break;
                case Expression.SomeIn some:
                    Collect(some.Key, names);
                    Collect(some.Value, names);
                    break;
                case Expression.Unify { IsAssignment: true } unify:
                    Collect(unify.Left, names);
                    break;
            }
        }

        return names;
    }

    private static void Collect(Expression expression, HashSet<string> names)
    {
        foreach (var with in expression.With)
        {
            Collect(with.Value, names);
        }

        switch (expression)
        {
            case Expression.Test test:
                Collect(test.Term, names);
                break;
            case Expression.Unify unify:
                Collect(unify.Left, names);
                Collect(unify.Right, names);
                break;
            case Expression.SomeIn some:
                Collect(some.Key, names);
                Collect(some.Value, names);
                Collect(some.Collection, names);
                break;
            case Expression.Every every:
                Collect(every.Head.Domain, names);
                break;
            case Expression.Not not:
                Collect(not.Operand, names);
                break;
            case Expression.Logical logical:
                Array.ForEach(logical.Operands, operand => Collect(operand, names));
                break;
        }
    }

    /// <summary>What is not in braces belongs to the body around it.</summary>
    private static void Collect(Operand operand, HashSet<string> names)
    {
        if (!operand.IsExplicit)
            Array.ForEach(operand.Body, expression => Collect(expression, names));
    }

    private static void Collect(Term? term, HashSet<string> names)
    {
        switch (term)
        {
            case Term.Variable variable:
                names.Add(variable.Name);
                break;
            case Term.Reference reference:
                Collect(reference.Head, names);
                foreach (var part in reference.Path)
                {
                    Collect(part, names);
                }

                break;
            case Term.Call call:
                foreach (var argument in call.Arguments)
                {
                    Collect(argument, names);
                }

                break;
            case Term.Array array:
                foreach (var item in array.Items)
                {
                    Collect(item, names);
                }

                break;
            case Term.Set set:
                foreach (var item in set.Items)
                {
                    Collect(item, names);
                }

                break;
            case Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    Collect(key, names);
                    Collect(value, names);
                }

                break;
        }
    }
}
