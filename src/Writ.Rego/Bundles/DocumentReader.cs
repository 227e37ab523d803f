using Writ.Rego.Bundles.Files;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>Reads one document, JSON or YAML, such as an input.</summary>
public static class DocumentReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="folder">Where a relative path begins.</param>
    /// <param name="limits">How much is read.</param>
    /// <exception cref="RegoError">It is not there, too large, or neither JSON nor YAML.</exception>
    public static RegoValue Read(string path, string folder, LoadLimits limits) => Guard.Run(() =>
        Parse(path, FoundFiles.Read(path, Path.GetFullPath(path, folder), new LoadBudget(limits))));

    /// <summary>Reads a stream.</summary>
    /// <param name="name">The name that errors give it.</param>
    /// <param name="content">The stream.</param>
    /// <param name="limits">How much is read.</param>
    /// <exception cref="RegoError">It is too large, or neither JSON nor YAML.</exception>
    public static RegoValue Read(string name, Stream content, LoadLimits limits) => Guard.Run(() =>
        Parse(name, new LoadBudget(limits).ReadAll(name, content)));

    private static RegoValue Parse(string name, byte[] bytes)
    {
        try
        {
            return DocumentText.Json(name, bytes);
        }
        catch (RegoError) when (DocumentText.Text(name, bytes).AsSpan().TrimStart() is not ['{' or '[' or '"', ..])
        {
            return DocumentText.Yaml(name, bytes);
        }
    }
}
