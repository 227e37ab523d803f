namespace Writ.Protocol.Tests;

public sealed class ActionNameTests
{
    [Theory]
    [InlineData("orders:read", "orders", "read")]
    [InlineData("a:b", "a", "b")]
    [InlineData("orders.v2:bulk-export_1", "orders.v2", "bulk-export_1")]
    public void Noun_and_verb_make_an_action(string text, string noun, string verb)
    {
        var action = ActionName.Parse(text);
        Assert.Equal(noun, action.Noun.ToString());
        Assert.Equal(verb, action.Verb.ToString());
        Assert.Equal(text, action.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("orders")]
    [InlineData("orders:")]
    [InlineData(":read")]
    [InlineData("orders:read:all")]
    [InlineData("Orders:read")]
    [InlineData("orders:READ")]
    [InlineData("1orders:read")]
    [InlineData("orders:*")]
    [InlineData("*:*")]
    [InlineData("orders:read ")]
    [InlineData("orders:read,orders:list")]
    [InlineData("orders:read@shop")]
    [InlineData("orders:réad")]
    public void Anything_else_is_refused(string? text) => Assert.False(ActionName.TryParse(text, out _));

    [Fact]
    public void Each_part_has_at_most_64_characters()
    {
        var longest = new string('a', 64);
        Assert.True(ActionName.TryParse($"{longest}:{longest}", out _));
        Assert.False(ActionName.TryParse($"{longest}a:a", out _));
        Assert.False(ActionName.TryParse($"a:{longest}a", out _));
    }

    [Fact]
    public void The_order_is_ordinal()
    {
        var (a, b) = (ActionName.Parse("a-b:x"), ActionName.Parse("a.b:x"));
        Assert.True(a < b && a <= b && b > a && b >= a);
    }
}
