namespace Writ.Rego.Tests.Builtins;

/// <summary>Globs with their separators, and networks (RFC 4632, RFC 4291).</summary>
public sealed class GlobAndNetworkTests
{
    [Theory]
    [InlineData("*.github.com", "[]", "api.github.com", true)]
    [InlineData("*.github.com", "[]", "api.cdn.github.com", false)]
    [InlineData("*hub.com", "null", "api.cdn.github.com", true)]
    [InlineData("*:github:com", "[\":\"]", "api:github:com", true)]
    [InlineData("*/a", "[\".\", \"/\"]", "b.c/a", false)]
    [InlineData("api.**.com", "[]", "api.cdn.github.com", true)]
    [InlineData("api.*.com", "[]", "api.cdn.github.com", false)]
    [InlineData("?at", "[]", "cat", true)]
    [InlineData("?at", "[]", ".at", false)]
    [InlineData("?at", "[]", "at", false)]
    [InlineData("[abc]at", "[]", "bat", true)]
    [InlineData("[abc]at", "[]", "lat", false)]
    [InlineData("[!abc]at", "[]", "lat", true)]
    [InlineData("[a-c]at", "[]", "cat", true)]
    [InlineData("[!a-c]at", "[]", "cat", false)]
    [InlineData("{cat,bat,[fr]at}", "[]", "rat", true)]
    [InlineData("{cat,bat,[fr]at}", "[]", "at", false)]
    [InlineData("{a,{b,c}d}e", "[]", "cde", true)]
    [InlineData(@"a\\*c", "[]", "a*c", true)]
    [InlineData(@"a\\*c", "[]", "abc", false)]
    [InlineData("?", "[]", "😀", true)]
    [InlineData("[é-ü]", "[]", "ö", true)]
    [InlineData("", "[]", "", true)]
    [InlineData("**", "[]", "a\nb.c", true)]
    public void Globs_match(string glob, string separators, string text, bool matches) => Assert.Equal(
        matches ? "true" : "false",
        BuiltinCall.Show(
            "glob.match", $"[\"{glob}\", {separators}, {System.Text.Json.JsonSerializer.Serialize(text)}]"));

    [Theory]
    [InlineData("glob.match", """["[a", [], "a"]""", "!unexpected end of input")]
    [InlineData("glob.match", """["[c-a]", [], "a"]""", "!hi character 'a' should be greater than lo 'c'")]
    [InlineData("glob.match", """["a", ["ab"], "a"]""",
        "!operand 2 must be array of runes but got array containing string")]
    [InlineData("glob.quote_meta", """["*.{github}[com]?\\"]""",
        "\"\\\\*.\\\\{github\\\\}\\\\[com\\\\]\\\\?\\\\\\\\\"")]
    [InlineData("net.cidr_contains", """["10.0.0.0/8", "10.1.0.0/24"]""", "true")]
    [InlineData("net.cidr_contains", """["172.17.0.0/24", "172.17.0.0/16"]""", "false")]
    [InlineData("net.cidr_contains", """["fd1e:5bfe:8af3:9ddc::/64", "fd1e:5bfe:8af3:9ddc:1111::1"]""", "true")]
    [InlineData("net.cidr_intersects", """["192.168.0.0/16", "192.168.1.0/24"]""", "true")]
    [InlineData("net.cidr_intersects", """["192.168.1.0/24", "192.168.2.0/24"]""", "false")]
    [InlineData("net.cidr_contains_matches", """["1.1.1.0/24", "1.1.1.128"]""", """[["1.1.1.0/24","1.1.1.128"]]""")]
    [InlineData("net.cidr_contains_matches", """[["1.1.2.0/24", "1.1.0.0/16"], ["1.1.1.128", "1.1.254.254/24"]]""",
        "[[1,0],[1,1]]")]
    [InlineData("net.cidr_merge", """[["192.0.128.0/24", "192.0.129.0/24"]]""", """["192.0.128.0/23"]""")]
    [InlineData("net.cidr_merge", """[["10.0.0.0/8", "10.1.0.0/16", "::/1"]]""", """["10.0.0.0/8","::/1"]""")]
    [InlineData("net.cidr_expand", """["192.168.0.254/30"]""",
        """["192.168.0.252","192.168.0.253","192.168.0.254","192.168.0.255"]""")]
    [InlineData("net.cidr_is_valid", """["2001:db8::/32"]""", "true")]
    [InlineData("net.cidr_is_valid", """["192.168.0.0/33"]""", "false")]
    [InlineData("net.cidr_is_valid", """["192.168.0.1"]""", "false")]
    public void Networks_and_globs_are_told(string name, string operands, string result) =>
        Assert.Equal(result, BuiltinCall.Show(name, operands));
}
