namespace Writ.Rego.Builtins.Schemas;

/// <summary>
/// What was found wrong, bounded as one text: each error may name all that a schema allows, and a document may have one
/// at every item.
/// </summary>
/// <param name="context">Whose bound it is.</param>
/// <param name="isSilent">Whether it only matters that there are errors.</param>
internal sealed class SchemaErrors(BuiltinContext context, bool isSilent)
{
    private readonly List<SchemaError> _all = [];
    private long _length;

    public int Count { get; private set; }

    /// <summary>Whether nobody reads what an error says.</summary>
    public bool IsSilent => isSilent;

    public IReadOnlyList<SchemaError> All => _all;

    public void Add(SchemaError error)
    {
        Count++;
        if (isSilent)
        {
            return;
        }

        // The value has both twice: alone, and together.
        _length += 2L * (error.Field.Length + error.Description.Length);
        context.CheckText(_length);
        _all.Add(error);
    }
}
