using Writ.Rego.Values;

namespace Writ.Rego.Builtins.Documents;

/// <summary>YAML texts.</summary>
internal static class YamlBuiltins
{
    public static IEnumerable<Builtin> All =>
    [
        new("yaml.marshal", "(any) => string", (_, a) => RegoString.Of(YamlWriter.Write(a[0]))),
        new("yaml.unmarshal", "(string) => any", (_, a) => YamlReader.Read(a.Text(0))),
        new("yaml.is_valid", "(string) => boolean", (_, a) => RegoBoolean.Of(IsValid(a[0]))),
    ];

    private static bool IsValid(RegoValue value)
    {
        try
        {
            return value is RegoString text && YamlReader.Read(text.Value) is not null;
        }
        catch (BuiltinError)
        {
            return false;
        }
    }
}
