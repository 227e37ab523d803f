using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Schemas;

/// <summary>One thing in a document that its schema does not allow.</summary>
internal readonly record struct SchemaError(string Kind, string Field, string Description)
{
    private const string Root = "(root)";

    public RegoObject ToValue() => new RegoObject.Builder(4)
        .Set("error", RegoString.Of($"{Shown}: {Description}"))
        .Set("type", RegoString.Of(Kind))
        .Set("field", RegoString.Of(Shown))
        .Set("desc", RegoString.Of(Description)).Build();

    private string Shown => Field.Length == 0 ? Root : Field;
}
