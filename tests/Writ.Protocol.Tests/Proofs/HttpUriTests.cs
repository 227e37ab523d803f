namespace Writ.Protocol.Tests;

// RFC 9449 §4.3 (9); RFC 3986 §6.2.2 and §6.2.3
public sealed class HttpUriTests
{
    [Theory]
    [InlineData("https://server.example.com/token", "https://server.example.com/token")]
    [InlineData("HTTPS://Server.Example.COM/token", "https://server.example.com/token")]
    [InlineData("https://server.example.com:443/token", "https://server.example.com/token")]
    [InlineData("https://server.example.com:/token", "https://server.example.com/token")]
    [InlineData("http://127.0.0.1:80/x", "http://127.0.0.1/x")]
    [InlineData("http://[::1]:8080/x", "http://[::1]:8080/x")]
    [InlineData("http://[::1]:80/x", "http://[::1]/x")]
    [InlineData("https://server.example.com", "https://server.example.com/")]
    [InlineData("https://server.example.com?x=1", "https://server.example.com/")]
    [InlineData("https://server.example.com/token?x=1#y", "https://server.example.com/token")]
    [InlineData("https://server.example.com/token#y?z", "https://server.example.com/token")]
    [InlineData("https://server.example.com/%7Euser/%61", "https://server.example.com/~user/a")]
    [InlineData("https://server.example.com/a%2fb", "https://server.example.com/a%2Fb")]
    [InlineData("https://server.example.com/./a/../b/./c/..", "https://server.example.com/b/")]
    [InlineData("https://server.example.com/../..", "https://server.example.com/")]
    [InlineData("https://server.example.com/%2e%2E/a", "https://server.example.com/a")]
    [InlineData("https://server.example.com/a/.", "https://server.example.com/a/")]
    public void Equivalent_uris_are_the_same_target(string one, string other) =>
        Assert.True(HttpUri.SameTarget(one, other));

    [Theory]
    [InlineData("https://server.example.com/token", "http://server.example.com/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com/Token")]
    [InlineData("https://server.example.com/token", "https://server.example.com/token/")]
    [InlineData("https://server.example.com/token", "https://server.example.com:8443/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com.evil.example/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com/token2")]
    [InlineData("https://server.example.com/a%2Fb", "https://server.example.com/a/b")]
    [InlineData("https://server.example.com/a//b", "https://server.example.com/a/b")]
    [InlineData("https://server.example.com/token", "https://user@server.example.com/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com@evil.example/token")]
    [InlineData("https://server.example.com/token", "https:server.example.com/token")]
    [InlineData("https://server.example.com/token", "//server.example.com/token")]
    [InlineData("https://server.example.com/token", "/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com\\token")]
    [InlineData("https://server.example.com/token", "https://server.example.com/token ")]
    [InlineData("https://server.example.com/token", " https://server.example.com/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com:99999/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com:+443/token")]
    [InlineData("https://server.example.com/token", "https://server.example.com/to%ken")]
    [InlineData("https://server.example.com/token", "https://server.example.com/token%")]
    [InlineData("https://server.example.com/token", "https://server.ex\u0430mple.com/token")]
    [InlineData("https://server.example.com/token", "")]
    public void Other_uris_are_not(string one, string other) => Assert.False(HttpUri.SameTarget(one, other));

    [Fact]
    public void A_normal_form_is_normal_already()
    {
        Assert.True(HttpUri.TryNormalise("HTTP://EXAMPLE.org:80/a/../%7e%2f?x", out var once));
        Assert.True(HttpUri.TryNormalise(once, out var twice));
        Assert.Equal("http://example.org/~%2F", once);
        Assert.Equal(once, twice);
    }
}
