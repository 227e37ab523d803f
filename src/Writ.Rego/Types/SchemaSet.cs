using Writ.Rego.Builtins.Schemas;
using Writ.Rego.Values;

namespace Writ.Rego.Types;

/// <summary>
/// JSON schemas by which policies are checked. One may be the input's; others have names, by which annotations
/// (<c>schemas</c>) say what is of them.
/// </summary>
public sealed class SchemaSet
{
    private readonly Dictionary<string, RegoValue> _named;

    private SchemaSet(RegoValue? input, Dictionary<string, RegoValue> named) => (Input, _named) = (input, named);

    /// <summary>No schemas: only those that annotations hold themselves count.</summary>
    public static SchemaSet Empty { get; } = new(null, new(StringComparer.Ordinal));

    /// <summary>The schema of every input; null when there is none.</summary>
    public RegoValue? Input { get; }

    /// <summary>Whether it holds none.</summary>
    public bool IsEmpty => Input is null && _named.Count == 0;

    /// <summary>These, and a schema of the input.</summary>
    /// <exception cref="RegoError">It is no schema.</exception>
    public SchemaSet WithInput(RegoValue schema) => Guard.Run(() =>
    {
        _ = JsonSchema.Compile(schema);
        return new SchemaSet(schema, _named);
    });

    /// <summary>These, and one of a name: folders and its own, as in <c>schema.kubernetes["admission"]</c>.</summary>
    /// <exception cref="RegoError">It is no schema.</exception>
    public SchemaSet With(IEnumerable<string> name, RegoValue schema) => Guard.Run(() =>
    {
        _ = JsonSchema.Compile(schema);
        return new SchemaSet(
            Input, new Dictionary<string, RegoValue>(_named, StringComparer.Ordinal) { [KeyOf(name)] = schema });
    });

    /// <summary>The schema of a name below <c>schema</c>; of no name, the input's.</summary>
    internal RegoValue? Find(IReadOnlyCollection<string> name) =>
        name.Count == 0 ? Input : _named.GetValueOrDefault(KeyOf(name));

    private static string KeyOf(IEnumerable<string> name) => string.Join('\0', name);
}
