namespace Writ.Protocol.Tests;

public sealed class GrantExpressionTests
{
    [Fact]
    public void Actions_are_sorted_and_distinct()
    {
        var grant = GrantExpression.Parse("orders:read,orders:list,orders:read@shop");
        Assert.Equal("orders:list,orders:read@shop", grant.ToString());
        Assert.Equal(GrantExpression.Parse("orders:list,orders:read@shop"), grant);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("orders:read")]
    [InlineData("@shop")]
    [InlineData("orders:read@")]
    [InlineData("orders:read,@shop")]
    [InlineData(",orders:read@shop")]
    [InlineData("orders:read, orders:list@shop")]
    [InlineData("orders:read@shop@shop")]
    [InlineData("orders:read@shop,other")]
    [InlineData("orders:read@Shop")]
    public void Anything_else_is_refused(string? text) => Assert.False(GrantExpression.TryParse(text, out _));

    [Fact]
    public void At_most_64_actions()
    {
        static string Actions(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"a{i}:read"));
        Assert.True(GrantExpression.TryParse(Actions(64) + "@shop", out _));
        Assert.False(GrantExpression.TryParse(Actions(65) + "@shop", out _));
    }

    [Fact]
    public void With_the_uri_of_the_resource_it_is_an_authorization_detail()
    {
        var detail = GrantExpression.Parse("orders:read@shop").At("https://shop.example");
        Assert.Equal(
            """[{"type":"writ_access","actions":["orders:read"],"locations":["https://shop.example"]}]""",
            Authority.Of(detail).ToJson());
    }
}
