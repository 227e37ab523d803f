using Writ.Rego.Values;

namespace Writ.Rego.Tree;

/// <summary>The value of a term that has no variables; null for all others.</summary>
internal static class Constants
{
    public static RegoValue? Fold(Term term)
    {
        switch (term)
        {
            case Term.Literal literal:
                return literal.Value;
            case Term.Array array:
                return Fold(array.Items) is { } items ? RegoArray.Own(items) : null;
            case Term.Set set:
                return Fold(set.Items) is { } members ? RegoSet.Of(members) : null;
            case Term.Object map:
                var builder = new RegoObject.Builder(map.Items.Length);
                foreach (var (keyTerm, valueTerm) in map.Items)
                {
                    if (Fold(keyTerm) is not { } key || Fold(valueTerm) is not { } value
                        || (!builder.TryAdd(key, value, out var present) && !present.Equals(value)))
                    {
                        return null;
                    }
                }

                return builder.Build();
            default:
                return null;
        }
    }

    private static RegoValue[]? Fold(Term[] terms)
    {
        var values = new RegoValue[terms.Length];
        for (var i = 0; i < terms.Length; i++)
        {
            if (Fold(terms[i]) is not { } value)
                return null;
            values[i] = value;
        }

        return values;
    }
}
