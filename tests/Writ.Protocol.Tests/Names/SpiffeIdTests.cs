namespace Writ.Protocol.Tests;

// SPIFFE-ID §2
public sealed class SpiffeIdTests
{
    [Theory]
    [InlineData("spiffe://example.org", "example.org", "")]
    [InlineData("spiffe://staging.example.com/payments/mysql", "staging.example.com", "/payments/mysql")]
    [InlineData("spiffe://k8s.example.com/ns/staging/sa/default", "k8s.example.com", "/ns/staging/sa/default")]
    [InlineData(
        "spiffe://example.com/9eebccd2-12bf-40a6-b262-65fe0487d453",
        "example.com",
        "/9eebccd2-12bf-40a6-b262-65fe0487d453")]
    [InlineData("spiffe://example.org/Case/Is.Kept_-", "example.org", "/Case/Is.Kept_-")]
    [InlineData("spiffe://example.org/.../..a", "example.org", "/.../..a")]
    public void A_valid_id_is_taken_apart_and_put_together(string text, string domain, string path)
    {
        var id = SpiffeId.Parse(text);
        Assert.Equal(domain, id.TrustDomain.Name);
        Assert.Equal(path, id.Path);
        Assert.Equal(text, id.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("spiffe://")]
    [InlineData("spiffe:///path")]
    [InlineData("SPIFFE://example.org/a")]
    [InlineData("spiffe:/example.org/a")]
    [InlineData("http://example.org/a")]
    [InlineData("spiffe://Example.org/a")]
    [InlineData("spiffe://user@example.org/a")]
    [InlineData("spiffe://example.org:443/a")]
    [InlineData("spiffe://example.org:/a")]
    [InlineData("spiffe://[::1]/a")]
    [InlineData("spiffe://example.org/")]
    [InlineData("spiffe://example.org/a/")]
    [InlineData("spiffe://example.org//a")]
    [InlineData("spiffe://example.org/a//b")]
    [InlineData("spiffe://example.org/.")]
    [InlineData("spiffe://example.org/..")]
    [InlineData("spiffe://example.org/a/../b")]
    [InlineData("spiffe://example.org/a/./b")]
    [InlineData("spiffe://example.org/a%20b")]
    [InlineData("spiffe://example.org/a b")]
    [InlineData("spiffe://example.org/a?q=1")]
    [InlineData("spiffe://example.org?q=1")]
    [InlineData("spiffe://example.org/a#f")]
    [InlineData("spiffe://example.org/ä")]
    [InlineData("spiffe://example.org/a\0")]
    [InlineData(" spiffe://example.org/a")]
    [InlineData("spiffe://example.org/a\n")]
    public void An_invalid_id_is_refused(string? text) => Assert.False(SpiffeId.TryParse(text, out _));

    [Fact]
    public void An_id_has_at_most_2048_characters()
    {
        const string start = "spiffe://example.org/";
        Assert.True(SpiffeId.TryParse(start + new string('a', 2048 - start.Length), out _));
        Assert.False(SpiffeId.TryParse(start + new string('a', 2049 - start.Length), out _));
    }

    [Fact]
    public void Segments_are_checked_when_an_id_is_built()
    {
        var domain = TrustDomain.Parse("example.org");
        Assert.Equal("spiffe://example.org/agent/billing", SpiffeId.Of(domain, "agent", "billing").ToString());
        Assert.Equal("spiffe://example.org", domain.Root().ToString());
        foreach (var bad in new[] { "", ".", "..", "a/b", "a b", "%41" })
            Assert.Throws<FormatException>(() => SpiffeId.Of(domain, "agent", bad));
        Assert.Throws<FormatException>(() => SpiffeId.Of(domain, new string('a', 2048)));
    }

    [Fact]
    public void Ids_are_equal_when_their_text_is() =>
        Assert.Equal(SpiffeId.Parse("spiffe://a/b"), SpiffeId.Of(TrustDomain.Parse("a"), "b"));
}
