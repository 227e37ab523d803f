using System.Text;
using Writ.Rego.Builtins;
using Writ.Rego.Builtins.Documents;
using Writ.Rego.Values;

namespace Writ.Rego.Bundles;

/// <summary>The bytes of a file as the text or the document that they are.</summary>
internal static class DocumentText
{
    private static readonly UTF8Encoding Strict = new(false, true);

    public static string Text(string name, byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(3) : bytes);
        }
        catch (DecoderFallbackException error)
        {
            throw LoadBudget.Error(name, "the file is not UTF-8", error);
        }
    }

    public static RegoValue Json(string name, byte[] bytes)
    {
        try
        {
            return RegoValue.ParseJsonDocument(bytes);
        }
        catch (FormatException error)
        {
            throw LoadBudget.Error(name, $"the file is not JSON: {error.Message}", error);
        }
    }

    public static RegoValue Yaml(string name, byte[] bytes)
    {
        try
        {
            return YamlReader.Read(Text(name, bytes));
        }
        catch (BuiltinError error)
        {
            throw LoadBudget.Error(name, $"the file is not YAML: {error.Message}", error);
        }
        catch (InsufficientExecutionStackException error)
        {
            throw LoadBudget.Error(name, "the file is nested too deeply", error);
        }
    }
}
