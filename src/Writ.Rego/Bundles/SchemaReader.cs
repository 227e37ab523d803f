using Writ.Rego.Bundles.Files;
using Writ.Rego.Types;

namespace Writ.Rego.Bundles;

/// <summary>Reads JSON schemas: the input's from a file, named ones from a folder.</summary>
public static class SchemaReader
{
    /// <summary>Reads a file, or all <c>.json</c> files of a folder, whose paths in it become their names.</summary>
    /// <param name="path">Where they lie.</param>
    /// <param name="folder">Where a relative path begins.</param>
    /// <param name="limits">How much is read.</param>
    /// <exception cref="RegoError">They are not there, too large, or no schemas.</exception>
    public static SchemaSet Read(string path, string folder, LoadLimits limits) => Guard.Run(() =>
    {
        var budget = new LoadBudget(limits);
        var full = Path.GetFullPath(path, folder);
        if (!Directory.Exists(full))
            return Named(path, () => SchemaSet.Empty.WithInput(Document(path, FoundFiles.Read(path, full, budget))));
        var schemas = SchemaSet.Empty;
        foreach (var entry in BundleReader.Entries(path, folder, [], budget)
            .Where(entry => entry.Name.EndsWith(".json", StringComparison.Ordinal)))
        {
            var name = entry.Name[..^".json".Length];
            schemas = Named(entry.Path, () => schemas.With([.. entry.Folder, name], Document(entry.Path, entry.Bytes)));
        }

        return schemas;
    });

    private static Values.RegoValue Document(string name, byte[] bytes) => DocumentText.Json(name, bytes);

    private static SchemaSet Named(string name, Func<SchemaSet> read)
    {
        try
        {
            return read();
        }
        catch (RegoError error) when (error.Diagnostics[0].File.Length == 0)
        {
            throw LoadBudget.Error(name, $"the schema is broken: {error.Diagnostics[0].Message}", error);
        }
    }
}
