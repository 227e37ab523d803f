namespace Writ.Protocol.Tests;

public sealed class TokenAncestorsTests
{
    [Fact]
    public void At_most_32_of_each_kind()
    {
        var many = Enumerable.Range(0, 32).Select(i => $"t{i}").ToList();
        Assert.Equal(32, TokenAncestors.Of(many, many).TaskIds.Length);
        Assert.Throws<ArgumentException>(() => TokenAncestors.Of(many.Append("t32"), []));
        Assert.Throws<ArgumentException>(() => TokenAncestors.Of([], many.Append("t32")));
    }

    [Fact]
    public void An_ancestor_has_an_id() =>
        Assert.Throws<ArgumentException>(() => TokenAncestors.Of([""], []));

    [Fact]
    public void Ancestries_are_equal_when_their_ids_are()
    {
        Assert.Equal(TokenAncestors.Of(["a"], ["b"]), TokenAncestors.Of(["a"], ["b"]));
        Assert.NotEqual(TokenAncestors.Of(["a"], ["b"]), TokenAncestors.Of(["b"], ["a"]));
        Assert.True(TokenAncestors.Of([], []).IsEmpty);
    }
}
