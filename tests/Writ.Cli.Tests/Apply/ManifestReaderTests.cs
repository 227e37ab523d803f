using System.Text.Json.Nodes;
using Writ.Cli.Apply;

namespace Writ.Cli.Tests.Apply;

public sealed class ManifestReaderTests
{
    [Fact]
    public void Metadata_and_spec_become_members_of_the_api()
    {
        var manifest = Assert.Single(ManifestReader.Read(
            """
            kind: Identity
            version: v1
            metadata: {name: agent/a, team: shop, labels: {app: "1"}}
            spec:
              kind: agent
              expires_in_days: 30
              bearer: false
              purpose: "true"
              entitlements: ["a:b@c"]
            """,
            "f.yaml"));

        Assert.Equal("Identity agent/a", manifest.ToString());
        Assert.Equal("f.yaml:1", manifest.Source);
        var expected = JsonNode.Parse(
            """
            {"team": "shop", "labels": {"app": "1"}, "kind": "agent", "expires_in_days": 30, "bearer": false,
             "purpose": "true", "entitlements": ["a:b@c"]}
            """);
        Assert.True(JsonNode.DeepEquals(expected, manifest.Members), manifest.Members.ToJsonString());
    }

    [Theory]
    [InlineData("kind: Robot\nversion: v1\nmetadata: {name: a}", "f.yaml:1: kind is")]
    [InlineData("kind: Resource\nversion: v2\nmetadata: {name: a}", "f.yaml:1: version is v1")]
    [InlineData("kind: Resource\nversion: v1\nspec: {uri: a}", "f.yaml:1: metadata has a name")]
    [InlineData("kind: Resource\nversion: v1\nmetadata: {name: a}\nstatus: x", "“status”")]
    [InlineData("kind: Resource\nversion: v1\nmetadata: {name: a, uri: x}\nspec: {uri: y}", "both metadata and spec")]
    [InlineData("kind: Resource\nkind: Resource", "f.yaml:2")]
    [InlineData("kind: [", "f.yaml:")]
    [InlineData("- a", "f.yaml:1")]
    public void What_is_wrong_is_said_with_its_place(string yaml, string words)
    {
        var e = Assert.Throws<UnableException>(() => ManifestReader.Read(yaml, "f.yaml"));

        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Documents_are_sorted_by_what_they_depend_on()
    {
        var manifests = ManifestReader.ReadAll(Repository.At("examples/orders.yaml"));

        Assert.Equal(
            ["Resource", "Identity", "Identity", "Identity", "Workflow"],
            manifests.Select(manifest => manifest.Kind.Name));
    }

    [Fact]
    public void Nothing_is_written_down_twice()
    {
        var one = ManifestReader.Read("kind: Resource\nversion: v1\nmetadata: {name: a}", "f.yaml");

        Assert.Throws<UnableException>(() => ManifestReader.Sorted([.. one, .. one]));
    }
}
