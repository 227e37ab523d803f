namespace Writ.Protocol.Tests;

// SPIFFE-ID §2.1
public sealed class TrustDomainTests
{
    [Theory]
    [InlineData("example.org")]
    [InlineData("trust_domain_name.example.com")]
    [InlineData("10.0.0.1")]
    [InlineData("a")]
    [InlineData("a..b-c_d")]
    public void Lower_case_letters_digits_dots_dashes_and_underscores_make_a_name(string name) =>
        Assert.Equal(name, TrustDomain.Parse(name).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Example.org")]
    [InlineData("example.org:80")]
    [InlineData("user@example.org")]
    [InlineData("example.org/")]
    [InlineData("ex%61mple.org")]
    [InlineData("[::1]")]
    [InlineData("exämple.org")]
    [InlineData("spiffe://example.org")]
    [InlineData("example.org\0")]
    [InlineData("example.org\n")]
    public void Anything_else_is_refused(string? name) => Assert.False(TrustDomain.TryParse(name, out _));

    [Fact]
    public void A_name_has_at_most_255_characters()
    {
        Assert.True(TrustDomain.TryParse(new string('a', 255), out _));
        Assert.False(TrustDomain.TryParse(new string('a', 256), out _));
    }

    [Fact]
    public void Parse_throws_where_TryParse_says_no() =>
        Assert.Throws<FormatException>(() => TrustDomain.Parse("NO"));
}
