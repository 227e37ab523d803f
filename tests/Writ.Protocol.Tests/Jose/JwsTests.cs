using System.Security.Cryptography;
using System.Text;

namespace Writ.Protocol.Tests;

// RFC 7515 §5.2 and §7.1, RFC 8725 §3
public sealed class JwsTests
{
    private const string Header = """{"alg":"ES256","typ":"at+jwt","kid":"p256"}""";
    private const string Payload = """{"sub":"a","n":1}""";

    [Fact]
    public void A_signed_token_is_read_and_verified()
    {
        Assert.True(Jws.TryRead(Keys.Forge(Header, Payload), JwsLimits.Default, out var jws, out _));
        Assert.True(jws.TryVerify(Keys.Ring, JwsAlgorithms.Ours, "at+jwt", out var token, out _));
        Assert.Equal("a", token.Payload.GetProperty("sub").GetString());
        Assert.Equal(Payload, Encoding.UTF8.GetString(token.PayloadBytes.Span));
        Assert.Equal("p256", token.Header.Kid);
        Assert.Equal(Jwk.FromEcdsa(Keys.P256), token.Key);
    }

    [Fact]
    public void Every_algorithm_of_the_list_verifies_with_its_key_and_with_no_other()
    {
        foreach (var (alg, kid, sign) in Signers())
        {
            var token = Keys.Forge($$"""{"alg":"{{alg}}","kid":"{{kid}}"}""", Payload, sign);
            Assert.Null(Keys.Refusal(token));
            foreach (var other in new[] { "p256", "p384", "p521", "rsa" }.Where(other => other != kid))
            {
                Assert.Equal(
                    "key_mismatch",
                    Keys.Refusal(Keys.Forge($$"""{"alg":"{{alg}}","kid":"{{other}}"}""", Payload, sign)));
            }
        }
    }

    [Theory]
    [InlineData("", "not_compact")]
    [InlineData(".", "not_compact")]
    [InlineData("a.b", "not_compact")]
    [InlineData("a.b.c.d", "not_compact")]
    [InlineData("e30.e30.e30.e30.e30", "not_compact")]
    [InlineData("..", "bad_header")]
    [InlineData("e30.e30.", "bad_header")]
    [InlineData("e30=.e30.AA", "not_base64url")]
    [InlineData("e30.e30.A", "not_base64url")]
    [InlineData("e30.e30 .AA", "not_base64url")]
    [InlineData("W10.e30.AA", "bad_header")]
    [InlineData("bnVsbA.e30.AA", "bad_header")]
    [InlineData("""{"payload":"e30","signatures":[]}""", "not_compact")]
    public void What_is_not_the_compact_form_is_refused(string text, string code) =>
        Assert.Equal(code, Keys.Refusal(text));

    [Fact]
    public void Nothing_may_stand_before_or_after()
    {
        var token = Keys.Forge(Header, Payload);
        foreach (var before in new[] { " ", "\t", "\n", "=", "Bearer " })
            Assert.Equal("not_base64url", Keys.Refusal(before + token));
        foreach (var after in new[] { " ", "\t", "\n", "=", "," })
            Assert.Equal("not_base64url", Keys.Refusal(token + after));
        Assert.Equal("not_compact", Keys.Refusal(token + "."));
        Assert.Equal("not_compact", Keys.Refusal(token + "," + token));
        Assert.False(Jws.TryRead(null, JwsLimits.Default, out _, out _));
    }

    [Theory]
    [InlineData("""{}""", "bad_header")]
    [InlineData("""{"alg":1}""", "bad_header")]
    [InlineData("""{"alg":""}""", "bad_header")]
    [InlineData("""{"alg":null}""", "bad_header")]
    [InlineData("""{"alg":["ES256"]}""", "bad_header")]
    [InlineData("""{"alg":"ES256","kid":7}""", "bad_header")]
    [InlineData("""{"alg":"ES256","kid":null}""", "bad_header")]
    [InlineData("""{"alg":"ES256","kid":""}""", "bad_header")]
    [InlineData("""{"alg":"ES256","typ":7}""", "bad_header")]
    [InlineData("""{"alg":"ES256","alg":"ES256"}""", "bad_header")]
    [InlineData("""{"alg":"ES256","kid":"\ud800"}""", "bad_header")]
    [InlineData("""{"alg":"ES256"} """ + "x", "bad_header")]
    [InlineData("""{"alg":"ES256","crit":["exp"],"exp":1}""", "critical")]
    [InlineData("""{"alg":"ES256","crit":[]}""", "critical")]
    [InlineData("""{"alg":"ES256","crit":null}""", "critical")]
    [InlineData("""{"alg":"ES256","crit":["b64"],"b64":false}""", "critical")]
    [InlineData("""{"alg":"ES256","b64":false}""", "critical")]
    [InlineData("""{"alg":"ES256","b64":true}""", "critical")]
    [InlineData("""{"alg":"ES256","kid":"nobody"}""", "unknown_key")]
    [InlineData("""{"alg":"ES256","kid":"p256' or '1'='1"}""", "unknown_key")]
    [InlineData("""{"alg":"ES256","kid":"../../dev/null"}""", "unknown_key")]
    [InlineData("""{"alg":"ES256","kid":"P256"}""", "unknown_key")]
    [InlineData("""{"alg":"ES256","kid":"p256\u0000"}""", "bad_header")]
    public void A_bad_header_is_refused_though_the_signature_is_good(string header, string code) =>
        Assert.Equal(code, Keys.Refusal(Keys.Forge(header, Payload)));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("""{"sub":"a","sub":"b"}""")]
    [InlineData("""{"sub":"a","\u0073ub":"b"}""")]
    [InlineData("""{"act":{"sub":"a","sub":"b"}}""")]
    [InlineData("""{"sub":"\udc00"}""")]
    [InlineData("""{"sub":"a"}{}""")]
    [InlineData("""{"sub":"a",}""")]
    [InlineData("""{"sub":NaN}""")]
    public void A_bad_payload_is_refused_though_the_signature_is_good(string payload) =>
        Assert.Equal("bad_payload", Keys.Refusal(Keys.Forge(Header, payload)));

    [Fact]
    public void Invalid_utf8_in_a_signed_payload_is_refused()
    {
        byte[] payload = [.. "{\"sub\":\""u8, 0xC0, 0x80, .. "\"}"u8];
        Assert.Equal("bad_payload", Keys.Refusal(Keys.Forge(Header, payload)));
    }

    [Fact]
    public void Deep_json_is_refused()
    {
        static string Deep(int depth) =>
            string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth);
        Assert.Null(Keys.Refusal(Keys.Forge(Header, Deep(16))));
        Assert.Equal("bad_payload", Keys.Refusal(Keys.Forge(Header, Deep(17))));
        Assert.Equal("bad_payload", Keys.Refusal(Keys.Forge(Header, Deep(1500))));
        Assert.Equal("bad_header", Keys.Refusal(Keys.Forge($$"""{"alg":"ES256","x":{{Deep(16)}}}""", Payload)));
    }

    [Fact]
    public void Too_large_is_refused_before_it_is_decoded()
    {
        Assert.Equal("too_large", Keys.Refusal(new string('A', 1024 * 1024)));
        Assert.Equal("too_large", Keys.Refusal(Keys.Forge(Header, $$"""{"a":"{{new string('a', 13_000)}}"}""")));
        Assert.Equal(
            "too_large", Keys.Refusal(Keys.Forge($$"""{"alg":"ES256","x":"{{new string('a', 5000)}}"}""", Payload)));
    }

    [Fact]
    public void Without_kid_the_keys_that_fit_are_tried()
    {
        Assert.Null(Keys.Refusal(Keys.Forge("""{"alg":"ES256"}""", Payload)));
        Assert.Equal("bad_signature", Keys.Refusal(Keys.Forge(
            """{"alg":"ES256"}""", Payload, data => Keys.OtherP256.SignData(data, HashAlgorithmName.SHA256))));
        Assert.Equal("unknown_key", Keys.Refusal(Keys.Forge("""{"alg":"EdDSA"}""", Payload)));
        Assert.Equal("unknown_key", Keys.Refusal(Keys.Forge("""{"alg":"ES256"}""", Payload), ring: KeyRing.Empty));
    }

    // RFC 8725 §3.11
    [Theory]
    [InlineData("at+jwt", true)]
    [InlineData("AT+JWT", true)]
    [InlineData("application/at+jwt", true)]
    [InlineData("Application/At+Jwt", true)]
    [InlineData("JWT", false)]
    [InlineData("dpop+jwt", false)]
    [InlineData("application/application/at+jwt", false)]
    [InlineData("at+jwt ", false)]
    public void The_type_must_be_the_one_required(string typ, bool fits)
    {
        var token = Keys.Forge($$"""{"alg":"ES256","typ":"{{typ}}"}""", Payload);
        Assert.Equal(fits ? null : "wrong_typ", Keys.Refusal(token, "at+jwt"));
    }

    [Fact]
    public void A_missing_type_is_not_the_type_required() =>
        Assert.Equal("wrong_typ", Keys.Refusal(Keys.Forge("""{"alg":"ES256"}""", Payload), "at+jwt"));

    [Fact]
    public void An_algorithm_allowed_elsewhere_is_not_allowed_here()
    {
        var token = Keys.Forge(
            """{"alg":"RS256","kid":"rsa"}""",
            Payload,
            data => Keys.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.True(Jws.TryRead(token, JwsLimits.Default, out var jws, out _));
        Assert.True(jws.TryVerify(Keys.Ring, JwsAlgorithms.All, null, out _, out _));
        Assert.False(jws.TryVerify(Keys.Ring, JwsAlgorithms.Ours, null, out _, out var error));
        Assert.Equal(JoseError.AlgorithmNotAllowed, error);
    }

    [Fact]
    public void Every_bit_of_the_token_counts()
    {
        var token = Keys.Forge(Header, Payload);
        for (var i = 0; i < token.Length; i++)
        {
            var other = token[i] == 'A' ? 'B' : 'A';
            Assert.NotNull(Keys.Refusal(token[..i] + other + token[(i + 1)..]));
        }
    }

    internal static IEnumerable<(string Alg, string Kid, Func<byte[], byte[]> Sign)> Signers()
    {
        yield return ("ES256", "p256", Keys.SignP256);
        yield return ("ES384", "p384", data => Keys.P384.SignData(data, HashAlgorithmName.SHA384));
        yield return ("ES512", "p521", data => Keys.P521.SignData(data, HashAlgorithmName.SHA512));
        foreach (var (size, hash) in new[]
        {
            ("256", HashAlgorithmName.SHA256), ("384", HashAlgorithmName.SHA384), ("512", HashAlgorithmName.SHA512),
        })
        {
            yield return ("RS" + size, "rsa", data => Keys.Rsa.SignData(data, hash, RSASignaturePadding.Pkcs1));
            yield return ("PS" + size, "rsa", data => Keys.Rsa.SignData(data, hash, RSASignaturePadding.Pss));
        }
    }
}
