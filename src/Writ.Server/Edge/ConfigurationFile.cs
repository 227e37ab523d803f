using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Writ.Server.Edge;

/// <summary>Reads a configuration file: JSON, or YAML by its name.</summary>
internal static class ConfigurationFile
{
    /// <summary>Throws <see cref="FormatException"/> or <see cref="IOException"/> with what to mend.</summary>
    public static IConfigurationRoot Read(string path)
    {
        path = Path.GetFullPath(path);
        return Path.GetExtension(path) is ".yaml" or ".yml" ? ReadYaml(path) : ReadJson(path);
    }

    private static IConfigurationRoot ReadJson(string path)
    {
        try
        {
            return new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
        }
        catch (InvalidDataException e)
        {
            throw new FormatException($"{path} is no JSON: {e.InnerException?.InnerException?.Message}", e);
        }
    }

    private static IConfigurationRoot ReadYaml(string path)
    {
        var pairs = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        try
        {
            using var reader = File.OpenText(path);
            var yaml = new YamlStream();
            yaml.Load(reader);
            if (yaml.Documents.Count > 1) throw new FormatException($"{path} holds more than one document.");
            if (yaml.Documents is [var document]) Flatten("", document.RootNode, pairs);
        }
        catch (YamlException e)
        {
            throw new FormatException($"{path} is no YAML: {e.Message}", e);
        }
        return new ConfigurationBuilder().AddInMemoryCollection(pairs).Build();
    }

    private static void Flatten(string key, YamlNode node, Dictionary<string, string?> pairs)
    {
        switch (node)
        {
            case YamlScalarNode scalar:
                pairs[key] = scalar.Value;
                break;
            case YamlMappingNode mapping:
                foreach (var (name, value) in mapping.Children)
                    Flatten(Under(key, ((YamlScalarNode)name).Value!), value, pairs);
                break;
            case YamlSequenceNode sequence:
                for (var i = 0; i < sequence.Children.Count; i++)
                    Flatten(Under(key, $"{i}"), sequence.Children[i], pairs);
                break;
        }
    }

    private static string Under(string key, string name) =>
        key.Length == 0 ? name : ConfigurationPath.Combine(key, name);
}
