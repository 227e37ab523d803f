using System.Text.Json;

namespace Writ.Protocol.Tests;

// RFC 7517 §5
public sealed class KeyRingTests
{
    [Fact]
    public void A_jwk_set_reads_back()
    {
        Assert.True(KeyRing.TryParse(Keys.Ring.ToJson(), out var ring, out var error), error);
        Assert.Equal(Keys.Ring.Keys.Select(k => k.Jwk), ring.Keys.Select(k => k.Jwk));
        Assert.True(ring.TryGet("p384", out var key));
        Assert.Equal("P-384", key.Jwk.Crv);
        Assert.False(ring.TryGet("P384", out _));
    }

    [Fact]
    public void Keys_that_we_cannot_use_are_left_out()
    {
        var set = $$"""
            {"keys":[{"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"new"},
            {{(Jwk.FromEcdsa(Keys.P256) with { Kid = "enc", Use = "enc" }).ToJson()}},
            {{(Jwk.FromEcdsa(Keys.P384) with { Kid = "sig" }).ToJson()}}]}
            """;
        Assert.True(KeyRing.TryParse(set, out var ring, out var error), error);
        Assert.Equal("sig", Assert.Single(ring.Keys).Jwk.Kid);
    }

    [Fact]
    public void A_set_with_a_secret_in_it_is_refused_whole()
    {
        var good = Jwk.FromEcdsa(Keys.P256).ToJson();
        Assert.False(KeyRing.TryParse($$"""{"keys":[{{good}},{"kty":"oct","k":"AAAA"}]}""", out _, out _));
        Assert.False(KeyRing.TryParse($$"""{"keys":[{{good}},{{good[..^1]}},"d":"AAAA"}]}""", out _, out _));
    }

    [Fact]
    public void One_kid_twice_is_refused()
    {
        var first = (Jwk.FromEcdsa(Keys.P256) with { Kid = "k" }).ToJson();
        var second = (Jwk.FromEcdsa(Keys.P384) with { Kid = "k" }).ToJson();
        Assert.False(KeyRing.TryParse($$"""{"keys":[{{first}},{{second}}]}""", out _, out _));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""{"keys":{}}""")]
    [InlineData("""{"keys":[],"keys":[]}""")]
    [InlineData("""x""")]
    public void What_is_no_jwk_set_is_refused(string json) => Assert.False(KeyRing.TryParse(json, out _, out _));

    [Fact]
    public void At_most_64_keys()
    {
        static string Set(int count) =>
            JsonSerializer.Serialize(new { keys = Enumerable.Repeat(new { kty = "x" }, count) });
        Assert.True(KeyRing.TryParse(Set(64), out _, out _));
        Assert.False(KeyRing.TryParse(Set(65), out _, out _));
    }
}
