using Writ.Rego.Values;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Writ.Rego.Tests.Conformance;

/// <summary>YAML as JSON has it.</summary>
internal static class Yaml
{
    public static RegoString ToRego(this string text) => RegoString.Of(text);

    public static RegoValue Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Count == 0 ? RegoNull.Instance : Convert(stream.Documents[0].RootNode);
    }

    private static RegoValue Convert(YamlNode node)
    {
        switch (node)
        {
            case YamlSequenceNode list:
                return RegoArray.Of(list.Children.Select(Convert));
            case YamlMappingNode map:
                var builder = new RegoObject.Builder();
                foreach (var (key, value) in map.Children)
                {
                    builder.Set(((YamlScalarNode)key).Value!, Convert(value));
                }

                return builder.Build();
            default:
                return Scalar((YamlScalarNode)node);
        }
    }

    private static RegoValue Scalar(YamlScalarNode scalar)
    {
        var text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any) || scalar.Tag == "tag:yaml.org,2002:str")
            return text.ToRego();
        return text switch
        {
            "" or "~" or "null" or "Null" or "NULL" => RegoNull.Instance,
            "true" or "True" or "TRUE" => RegoBoolean.True,
            "false" or "False" or "FALSE" => RegoBoolean.False,
            _ => RegoNumber.TryParse(text, out var number) ? number : text.ToRego(),
        };
    }
}
