namespace Writ.Protocol.Tests;

public sealed class ResourceNameTests
{
    [Theory]
    [InlineData("shop")]
    [InlineData("0")]
    [InlineData("team-a.shop_v2")]
    public void A_name_is_taken(string text) => Assert.Equal(text, ResourceName.Parse(text).Value);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Shop")]
    [InlineData("-shop")]
    [InlineData(".shop")]
    [InlineData("_shop")]
    [InlineData("sh op")]
    [InlineData("shop/")]
    [InlineData("shop@")]
    public void Anything_else_is_refused(string? text) => Assert.False(ResourceName.TryParse(text, out _));

    [Fact]
    public void A_name_has_at_most_128_characters()
    {
        Assert.True(ResourceName.TryParse(new string('a', 128), out _));
        Assert.False(ResourceName.TryParse(new string('a', 129), out _));
    }
}
