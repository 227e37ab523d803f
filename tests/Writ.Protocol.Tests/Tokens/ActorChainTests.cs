using System.Text.Json;

namespace Writ.Protocol.Tests;

// RFC 8693 §4.1
public sealed class ActorChainTests
{
    // The example of §4.1, figure 6.
    [Fact]
    public void The_outermost_actor_is_the_current_one()
    {
        Assert.True(ActorChain.TryParse(
            JsonElement.Parse(
                """{"sub":"https://service16.example.com","act":{"sub":"https://service77.example.com"}}"""),
            out var chain));
        Assert.Equal(["https://service16.example.com", "https://service77.example.com"], chain.Subjects);
        Assert.Equal("https://service16.example.com", chain.Current);
        Assert.Equal(2, chain.Depth);
        Assert.Equal(chain, ActorChain.Of("https://service16.example.com", "https://service77.example.com"));
        Assert.Equal(
            chain, ActorChain.None.Push("https://service77.example.com").Push("https://service16.example.com"));
    }

    [Fact]
    public void Other_members_of_an_actor_are_ignored()
    {
        Assert.True(ActorChain.TryParse(
            JsonElement.Parse("""{"sub":"a","iss":"https://issuer.example.net"}"""), out var chain));
        Assert.Equal("a", Assert.Single(chain.Subjects));
    }

    [Fact]
    public void A_chain_deeper_than_can_be_written_is_refused()
    {
        static string Nested(int depth) =>
            depth == 1 ? """{"sub":"a"}""" : $$"""{"sub":"a","act":{{Nested(depth - 1)}}}""";
        Assert.True(ActorChain.TryParse(JsonElement.Parse(Nested(ActorChain.MaxDepth)), out var deepest));
        Assert.False(ActorChain.TryParse(JsonElement.Parse(Nested(ActorChain.MaxDepth + 1)), out _));
        Assert.Throws<InvalidOperationException>(() => deepest.Push("b"));
    }

    // StrictJson takes 16 levels, one of which is the payload: the deepest chain must fit, or we refuse our own token.
    [Fact]
    public void The_deepest_chain_fits_into_a_token() =>
        Assert.True(ActorChain.MaxDepth + 1 < JwsLimits.Default.MaxDepth);

    [Fact]
    public void Nobody_acts_in_an_empty_chain()
    {
        Assert.Null(ActorChain.None.Current);
        Assert.Equal(0, ActorChain.None.Depth);
        Assert.Same(ActorChain.None, ActorChain.Of());
    }
}
