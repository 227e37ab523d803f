using Writ.Rego.Tree;

namespace Writ.Rego.Syntax;

/// <summary>A default rule's value is known without evaluation, and its arguments match anything.</summary>
internal static class DefaultRules
{
    public static void Check(Rule rule)
    {
        if (rule.Head.Value is null)
            throw rule.Span.Error(ErrorCodes.Parse, "illegal default rule (must have a value)");
        CheckValue(rule.Head.Value);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var argument in rule.Head.Arguments ?? [])
        {
            if (argument is not Term.Variable variable)
                throw Illegal(argument, $"arguments cannot contain {TermNames.Sort(argument)}");
            if (!names.Add(variable.Name))
                throw Illegal(argument, $"arguments cannot be repeated {variable.Name}");
        }
    }

    private static RegoError Illegal(Term term, string why) =>
        term.Span.Error(ErrorCodes.Parse, $"illegal default rule ({why})");

    /// <summary>Comprehensions are closed, and allowed.</summary>
    private static void CheckValue(Term term)
    {
        switch (term)
        {
            case Term.Reference or Term.Variable or Term.Call or Term.Template:
                throw Illegal(term, $"value cannot contain {TermNames.Sort(term)}");
            case Term.Array array:
                Array.ForEach(array.Items, CheckValue);
                break;
            case Term.Set set:
                Array.ForEach(set.Items, CheckValue);
                break;
            case Term.Object map:
                foreach (var (key, value) in map.Items)
                {
                    CheckValue(key);
                    CheckValue(value);
                }

                break;
        }
    }
}
