using System.Text.Json;

namespace Writ.Rego.Tests.Builtins;

/// <summary>Tokens of RFC 7515's appendix, and what may be wrong with one.</summary>
public sealed class JwtTests
{
    /// <summary>RFC 7515 §A.1.1, by its own octets.</summary>
    private const string Header = "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}";

    private const string Payload = "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

    private const string Key = """
        {"kty":"oct",
         "k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
        """;

    private const string Token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    /// <summary>RFC 7515 §A.3.1: a token by ECDSA, and its key.</summary>
    private const string EllipticToken =
        "eyJhbGciOiJFUzI1NiJ9"
        + ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
        + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    private const string EllipticKey = """
        {"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
         "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}
        """;

    [Fact]
    public void Token_of_the_appendix_is_made() => Assert.Equal(
        JsonSerializer.Serialize(Token), BuiltinCall.Show("io.jwt.encode_sign_raw", Json(Header, Payload, Key)));

    [Fact]
    public void Token_of_the_appendix_is_decoded() => Assert.StartsWith(
        """[{"alg":"HS256","typ":"JWT"},{"exp":1300819380,"http://example.com/is_root":true,"iss":"joe"},"7418dfb4""",
        BuiltinCall.Show("io.jwt.decode", Json(Token)));

    [Fact]
    public void Signature_of_the_appendix_is_verified()
    {
        Assert.Equal("true", BuiltinCall.Show("io.jwt.verify_es256", Json(EllipticToken, EllipticKey)));
        var other = EllipticToken.Replace(".DtEh", ".EtEh", StringComparison.Ordinal);
        Assert.Equal("false", BuiltinCall.Show("io.jwt.verify_es256", Json(other, EllipticKey)));
        Assert.Equal("false", BuiltinCall.Show("io.jwt.verify_hs256", Json(Token, "another secret")));
    }

    [Theory]
    [InlineData("1300819380", false)]
    [InlineData("1300819379", true)]
    public void Expired_token_is_refused(string seconds, bool isGood)
    {
        var constraints = $$"""{"cert": {{JsonSerializer.Serialize(EllipticKey)}}, "time": {{seconds}}000000000}""";
        var decoded = BuiltinCall.Show("io.jwt.decode_verify", $"[\"{EllipticToken}\", {constraints}]");
        Assert.StartsWith(isGood ? "[true,{\"alg\":\"ES256\"}," : "[false,{},{}]", decoded);
    }

    [Theory]
    [InlineData("\"iss\": \"joe\"", true)]
    [InlineData("\"iss\": \"jim\"", false)]
    [InlineData("\"alg\": \"ES256\"", true)]
    [InlineData("\"alg\": \"ES384\"", false)]
    [InlineData("\"aud\": \"a\"", false)]
    public void Constraints_hold(string constraint, bool isGood)
    {
        var constraints = $$"""{"cert": {{JsonSerializer.Serialize(EllipticKey)}}, "time": 1, {{constraint}}}""";
        Assert.StartsWith(
            isGood ? "[true," : "[false,{},{}]",
            BuiltinCall.Show("io.jwt.decode_verify", $"[\"{EllipticToken}\", {constraints}]"));
    }

    [Theory]
    [InlineData("io.jwt.decode", """["a"]""", "!encoded JWT had no period separators")]
    [InlineData("io.jwt.decode", """["a.b.c.d"]""", "!encoded JWT must have 3 sections, found 4")]
    [InlineData("io.jwt.verify_rs256", """["a.b.c", "no key"]""", "!failed to parse a JWK key (set)")]
    [InlineData("io.jwt.decode_verify", """["a.b.c", {"nope": 1}]""", "!unknown token validation constraint: nope")]
    [InlineData("io.jwt.decode_verify", """["a.b.c", {}]""", "!no key constraint")]
    public void What_is_wrong_is_said(string name, string operands, string error) =>
        Assert.StartsWith(error, BuiltinCall.Show(name, operands));

    [Fact]
    public void Token_without_signature_is_never_verified()
    {
        const string none = "eyJhbGciOiJub25lIn0.e30.";
        Assert.Equal("false", BuiltinCall.Show("io.jwt.verify_hs256", Json(none, "")));
        Assert.Equal(
            "[false,{},{}]", BuiltinCall.Show("io.jwt.decode_verify", $"[\"{none}\", {{\"secret\": \"a\"}}]"));
    }

    private static string Json(params string[] texts) => JsonSerializer.Serialize(texts);
}
