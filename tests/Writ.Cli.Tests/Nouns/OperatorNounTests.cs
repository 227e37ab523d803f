using System.Text.Json.Nodes;
using Writ.Cli.Nouns;

namespace Writ.Cli.Tests.Nouns;

public sealed class OperatorNounTests
{
    [Theory]
    [InlineData("""{"role":"viewer","team":"a"}""", """{"role":"owner"}""", true)]
    [InlineData("""{"role":"viewer","team":"a"}""", """{"whole_domain":true}""", true)]
    [InlineData("""{"role":"viewer","team":"a"}""", """{"team":"b"}""", true)]
    [InlineData("""{"role":"owner","team":"a"}""", """{"role":"viewer"}""", false)]
    [InlineData("""{"role":"owner"}""", """{"team":"a"}""", false)]
    [InlineData("""{"role":"owner"}""", """{"whole_domain":true}""", false)]
    [InlineData("""{"role":"operator","team":"a"}""", """{"role":"operator","team":"a"}""", false)]
    public void More_power_is_a_higher_role_or_another_scope(string known, string changes, bool raises) =>
        Assert.Equal(raises, OperatorNoun.Raises(
            JsonNode.Parse(known)!.AsObject(), JsonNode.Parse(changes)!.AsObject()));
}
