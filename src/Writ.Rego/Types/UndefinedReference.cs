using Writ.Rego.Tree;
using Writ.Rego.Values;

namespace Writ.Rego.Types;

/// <summary>Tells of a reference to what cannot be there: where it goes wrong, and what could stand there.</summary>
internal static class UndefinedReference
{
    private const int MostShown = 40;

    public static string Describe(Term.Reference reference, int at, RegoValue? key, RegoType type)
    {
        var text = reference.Span.Text.ReplaceLineEndings(" ");
        var told = $"undefined ref: {text}\n\t{text}\n\t";
        var begins = Prefix(reference, at);
        var names = Names(type).Distinct().Order().ToArray();
        if (key is null || (names.Length == 0 && type is not (RegoType.Object or RegoType.Array)))
            return $"{told}{new string('^', begins.Length)}\n\thave: {type}";
        told += $"{new string(' ', begins.Length + 1)}^\n\thave: {key}\n\t";
        return names.Length == 0
            ? $"{told}want (type): {(type is RegoType.Object { Dynamic: var (keys, _) } ? keys : RegoType.Number)}"
            : $"{told}want (one of): [{string.Join(' ', names.Take(MostShown))}]";
    }

    /// <summary>The keys that are known to be there.</summary>
    private static IEnumerable<RegoValue> Names(RegoType type) => type switch
    {
        RegoType.Object map => map.Static.Select(one => one.Key),
        RegoType.Any any => any.Of.SelectMany(Names),
        _ => [],
    };

    /// <summary>The reference as it is written, up to the part that is wrong.</summary>
    private static string Prefix(Term.Reference reference, int at)
    {
        var text = (reference.Head as Term.Variable)?.Name ?? reference.Head.Span.Text;
        foreach (var part in reference.Path.Take(at))
        {
            text += Constants.Fold(part) is RegoString { Value: { Length: > 0 } word }
                && word.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(word[0])
                ? $".{word}"
                : $"[{part.Span.Text}]";
        }

        return text;
    }
}
