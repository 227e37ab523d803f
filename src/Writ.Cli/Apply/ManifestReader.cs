using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Writ.Cli.Apply;

/// <summary>Reads YAML documents of the form kind / version / metadata / spec.</summary>
internal static class ManifestReader
{
    private const string Version = "v1";
    private static readonly string[] Parts = ["kind", "version", "metadata", "spec"];

    /// <summary>All documents of a file, or of the YAML files of a folder, in the order of dependence.</summary>
    /// <exception cref="UnableException">There is none, or one is not fit; the text says where.</exception>
    public static IReadOnlyList<Manifest> ReadAll(string path)
    {
        if (!Directory.Exists(path))
            return SortedSome(Read(File.ReadAllText(path), Path.GetFileName(path)), path);
        var files = Directory.EnumerateFiles(path)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml")
            .Order(StringComparer.Ordinal);
        return SortedSome(
            files.SelectMany(file => Read(File.ReadAllText(file), Path.GetFileName(file))), $"the *.yaml of {path}");
    }

    /// <summary>The same of a text that comes from elsewhere.</summary>
    /// <inheritdoc cref="ReadAll(string)"/>
    public static IReadOnlyList<Manifest> ReadAll(string yaml, string source) =>
        SortedSome(Read(yaml, source), source);

    /// <summary>The documents of one text.</summary>
    public static IReadOnlyList<Manifest> Read(string yaml, string file)
    {
        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(yaml));
            return [.. stream.Documents.Select(document => Read(document.RootNode, file))];
        }
        catch (YamlException e)
        {
            throw new UnableException($"{file}:{e.Start.Line}: {e.InnerException?.Message ?? e.Message}");
        }
    }

    // Whoever names the wrong file or folder must not believe that all is well.
    private static IReadOnlyList<Manifest> SortedSome(IEnumerable<Manifest> manifests, string where) =>
        Sorted(manifests) is { Count: > 0 } some
            ? some
            : throw new UnableException($"There is no document in {where}.");

    /// <summary>In the order of dependence.</summary>
    /// <exception cref="UnableException">Two documents are of one name.</exception>
    public static IReadOnlyList<Manifest> Sorted(IEnumerable<Manifest> manifests)
    {
        List<Manifest> sorted = [.. manifests.OrderBy(manifest => ManifestKind.All.IndexOf(manifest.Kind))];
        if (sorted.CountBy(manifest => manifest.ToString(), StringComparer.Ordinal).FirstOrDefault(c => c.Value > 1) is
            { Key: { } twice })
        {
            throw new UnableException($"{twice} is written down twice.");
        }

        return sorted;
    }

    private static Manifest Read(YamlNode node, string file)
    {
        var source = $"{file}:{node.Start.Line}";
        if (ToJson(node) is not JsonObject document)
            throw new UnableException($"{source}: a document has the members kind, version, metadata and spec.");
        if (document.FirstOrDefault(member => !Parts.Contains(member.Key, StringComparer.Ordinal)).Key is { } stranger)
            throw new UnableException($"{source}: a document has no member “{stranger}”.");
        var kind = ManifestKind.All.FirstOrDefault(k => k.Name == (document["kind"] as JsonValue)?.ToString())
            ?? throw new UnableException($"{source}: kind is Resource, Identity or Workflow.");
        if ((document["version"] as JsonValue)?.ToString() != Version)
            throw new UnableException($"{source}: version is {Version}.");

        var members = new JsonObject();
        foreach (var part in (string[])["metadata", "spec"])
        {
            foreach (var (name, value) in document[part] as JsonObject ?? [])
            {
                if (!members.TryAdd(name, value?.DeepClone()))
                    throw new UnableException($"{source}: {name} stands in both metadata and spec.");
            }
        }

        if ((members["name"] as JsonValue)?.ToString() is not { Length: > 0 } called)
            throw new UnableException($"{source}: metadata has a name.");
        members.Remove("name");
        return new Manifest(kind, called, members, source);
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(child =>
            KeyValuePair.Create(((YamlScalarNode)child.Key).Value!, ToJson(child.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Scalar(plain.Value ?? ""),
        YamlScalarNode text => text.Value,
        _ => throw new YamlException(node.Start, node.End, "this is neither a value nor a list nor a map"),
    };

    // YAML 1.2 §10.3, the core schema, as far as the API has such values.
    private static JsonNode? Scalar(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => true,
        "false" => false,
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ => text,
    };
}
