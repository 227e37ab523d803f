using System.Text.Json.Nodes;
using Writ.Cli.Apply;

namespace Writ.Cli.Tests.Apply;

public sealed class LikenessTests
{
    private static readonly Likeness Likeness = new(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["orders"] = "http://127.0.0.1:1",
    });

    private static readonly ManifestKind Identity = ManifestKind.All.Single(kind => kind.Name == "Identity");
    private static readonly ManifestKind Workflow = ManifestKind.All.Single(kind => kind.Name == "Workflow");

    private const string Detail =
        """
        [{"type": "writ_access", "actions": ["orders:cancel", "orders:read"],
          "locations": ["http://127.0.0.1:1"]}]
        """;

    [Theory]
    [InlineData("""["orders:read,orders:cancel@orders"]""", true)]
    [InlineData("""["orders:read@orders", "orders:cancel@orders"]""", true)]
    [InlineData(Detail, true)]
    [InlineData("""["orders:read@orders"]""", false)]
    [InlineData("""["orders:read,orders:cancel@unknown"]""", false)]
    [InlineData("""["nonsense"]""", false)]
    [InlineData("[]", false)]
    public void An_authority_is_the_same_however_it_is_written(string wanted, bool same) =>
        Assert.Equal(same, Likeness.Same(Identity, "entitlements", JsonNode.Parse(wanted), JsonNode.Parse(Detail)));

    [Theory]
    [InlineData("""["agent/b", "agent/a"]""", true)]
    [InlineData("""["spiffe://example.org/agent/a", "agent/b"]""", true)]
    [InlineData("""["agent/a"]""", false)]
    public void Ids_may_lack_their_trust_domain(string wanted, bool same) => Assert.Equal(
        same,
        Likeness.Same(
            Workflow,
            "agents",
            JsonNode.Parse(wanted),
            JsonNode.Parse("""["spiffe://example.org/agent/a", "spiffe://example.org/agent/b"]""")));

    [Theory]
    [InlineData("\"2026-01-01T00:00:00Z\"", "\"2026-01-01T00:00:00.000000Z\"", true)]
    [InlineData("\"2026-01-01T01:00:00+01:00\"", "\"2026-01-01T00:00:00.000000Z\"", true)]
    [InlineData("\"2026-01-02\"", "\"2026-01-01T00:00:00.000000Z\"", false)]
    [InlineData("[\"b\", \"a\"]", "[\"a\", \"b\"]", true)]
    [InlineData("[\"a\", \"a\"]", "[\"a\"]", false)]
    [InlineData("{\"a\": \"1\"}", "{\"a\": \"1\"}", true)]
    [InlineData("{\"a\": \"1\"}", "{}", false)]
    [InlineData("3600", "3600", true)]
    [InlineData("true", "false", false)]
    [InlineData("\"x\"", "null", false)]
    public void Other_members_are_compared_by_value(string wanted, string found, bool same) =>
        Assert.Equal(same, Likeness.Same(Identity, "other", JsonNode.Parse(wanted), JsonNode.Parse(found)));
}
