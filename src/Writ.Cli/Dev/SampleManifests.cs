using System.Text.Json.Nodes;
using Writ.Cli.Apply;
using Writ.Protocol;

namespace Writ.Cli.Dev;

/// <summary>examples/orders.yaml, with what this machine adds: where the API listens, and the public keys.</summary>
internal static class SampleManifests
{
    /// <summary>The resource that the sample is about.</summary>
    public const string Resource = "orders";

    public static IReadOnlyList<Manifest> Read(string ordersUri, Func<string, Jwk> publicKeyOf)
    {
        using var stream = typeof(SampleManifests).Assembly.GetManifestResourceStream("orders.yaml")
            ?? throw new InvalidOperationException("orders.yaml is not in the assembly.");
        using var reader = new StreamReader(stream);
        var manifests = ManifestReader.Sorted(ManifestReader.Read(reader.ReadToEnd(), "orders.yaml"));
        foreach (var manifest in manifests)
        {
            if (manifest.Kind.Name == "Resource")
                manifest.Members["uri"] = ordersUri;
            if (manifest.Kind.Name == "Identity")
            {
                var jwk = JsonNode.Parse(publicKeyOf(manifest.Name).ToJson());
                manifest.Members["keys"] = new JsonArray(new JsonObject { ["kind"] = "jwk", ["jwk"] = jwk });
            }
        }

        return manifests;
    }
}
