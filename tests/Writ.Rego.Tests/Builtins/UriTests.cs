using System.Text.Json;

namespace Writ.Rego.Tests.Builtins;

/// <summary>URLs as Go reads them (RFC 3986, and RFC 6874 for zones).</summary>
public sealed class UriTests
{
    [Theory]
    [InlineData(
        "https://example.com:8080/api?q=1#top",
        """{"fragment":"top","hostname":"example.com","path":"/api","port":"8080",""" + "\"raw_path\":\"/api\","
        + "\"raw_query\":\"q=1\",\"scheme\":\"https\"}")]
    [InlineData("HTTP://u:p@[::1%25eth0]/", """{"hostname":"::1%eth0","path":"/","raw_path":"/","scheme":"http"}""")]
    [InlineData("/a%20b/c", """{"path":"/a b/c","raw_path":"/a%20b/c"}""")]
    [InlineData("//host", """{"hostname":"host"}""")]
    [InlineData("///a", """{"path":"///a","raw_path":"///a"}""")]
    [InlineData("file:///etc", """{"path":"/etc","raw_path":"/etc","scheme":"file"}""")]
    [InlineData("mailto:a@b", """{"scheme":"mailto"}""")]
    [InlineData("a/b:c", """{"path":"a/b:c","raw_path":"a/b:c"}""")]
    [InlineData("", "{}")]
    [InlineData("http://h:/", """{"hostname":"h","path":"/","raw_path":"/","scheme":"http"}""")]
    [InlineData("http://[x", """!parse "http://[x": missing ']' in host""")]
    [InlineData("http://h:1x/", """!parse "http://h:1x/": invalid port ":1x" after host""")]
    [InlineData("a:b\n", """!parse "a:b\n": net/url: invalid control character in URL""")]
    [InlineData("1:b", """!parse "1:b": first path segment in URL cannot contain colon""")]
    [InlineData(":b", """!parse ":b": missing protocol scheme""")]
    [InlineData("/%zz", """!parse "/%zz": invalid URL escape "%zz" """)]
    [InlineData("http://a%41/", """!parse "http://a%41/": invalid URL escape "%41" """)]
    [InlineData("http://a b/", """!parse "http://a b/": invalid character " " in host name""")]
    [InlineData("http://a b@c/", """!parse "http://a b@c/": net/url: invalid userinfo""")]
    public void Url_is_taken_apart(string url, string parts) =>
        Assert.Equal(parts.Trim(), BuiltinCall.Show("uri.parse", JsonSerializer.Serialize(new[] { url })));

    [Theory]
    [InlineData("\"https://a/\"", true)]
    [InlineData("\"\"", false)]
    [InlineData("\"http://[x\"", false)]
    [InlineData("1", false)]
    public void Whether_it_is_one_is_asked_of_anything(string value, bool isOne) =>
        Assert.Equal(isOne ? "true" : "false", BuiltinCall.Show("uri.is_valid", $"[{value}]"));

    [Theory]
    [InlineData("2", """["a","b"]""")]
    [InlineData("-2", """["c","d"]""")]
    [InlineData("0", "[]")]
    [InlineData("9", """["a","b","c","d"]""")]
    [InlineData("-9", """["a","b","c","d"]""")]
    public void Some_parts_of_a_text_are_its_first_or_last(string count, string parts) =>
        Assert.Equal(parts, BuiltinCall.Show("strings.split_n", $"[\"a.b.c.d\", \".\", {count}]"));
}
