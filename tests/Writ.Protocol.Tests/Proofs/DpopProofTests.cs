using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// RFC 9449 §4.3: the numbers are those of its list.
public sealed class DpopProofTests
{
    private const string Uri = "https://server.example.com/token";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly VerificationKeyCache Cache = new();

    private static readonly DpopExpectation Expected = new(
        "POST", Uri, Now, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(5), null, null, Cache);

    [Fact]
    public void A_proof_that_we_make_holds()
    {
        foreach (var key in new[] { Keys.P256, Keys.P384 })
        {
            var header = DpopProof.Create(key, "POST", Uri + "?x=1#y", "j1", Now, null, null);
            var proof = Valid(header, Expected);
            Assert.Equal(Jwk.FromEcdsa(key).Thumbprint, proof.Jkt);
            Assert.Equal(("j1", "POST", Uri, Now), (proof.Jti, proof.Htm, proof.Htu, proof.IssuedAt));
            Assert.Null(proof.Nonce);
            Assert.Null(proof.Ath);
            Valid(header, Expected with { Keys = null });
        }
    }

    [Fact]
    public void A_proof_for_a_resource_carries_the_hash_of_the_token()
    {
        const string token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
        Assert.Equal("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", AccessTokenHash.Of(token)); // §7.1
        var header = DpopProof.Create(Keys.P256, "GET", Uri, "j1", Now, null, token);
        var expected = Expected with { Method = "GET", AccessToken = token };
        Assert.Equal(AccessTokenHash.Of(token), Valid(header, expected).Ath);

        // 12
        Invalid(header, expected with { AccessToken = token + "x" });
        Invalid(DpopProof.Create(Keys.P256, "GET", Uri, "j1", Now, null, null), expected);
    }

    // 2: single and well-formed
    [Fact]
    public void What_is_not_one_jwt_is_invalid()
    {
        var header = Proof();
        string[] spoilt = ["", "x", header + ", " + header, header + " ", header + "." + header, header[..^5]];
        foreach (var text in spoilt)
            Invalid(text, Expected);
    }

    // 3
    [Theory]
    [InlineData("jti")]
    [InlineData("htm")]
    [InlineData("htu")]
    [InlineData("iat")]
    public void A_required_claim_must_be_there_and_right(string claim)
    {
        Invalid(Proof(payload => payload.Remove(claim)), Expected);
        Invalid(Proof(payload => payload[claim] = null), Expected);
        Invalid(Proof(payload => payload[claim] = true), Expected);
        Invalid(Proof(payload => payload[claim] = ""), Expected);
        Invalid(Proof(payload => payload[claim] = new JsonArray("POST")), Expected);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1e400")]
    [InlineData("253402300800")]
    [InlineData("\"1800000000\"")]
    public void A_strange_iat_is_invalid(string iat) =>
        Invalid(Proof(payload => payload["iat"] = JsonNode.Parse(iat)), Expected);

    [Fact]
    public void A_huge_jti_is_invalid()
    {
        Valid(Proof(payload => payload["jti"] = new string('j', 256)), Expected);
        Invalid(Proof(payload => payload["jti"] = new string('j', 257)), Expected);
    }

    // 4
    [Theory]
    [InlineData("JWT")]
    [InlineData("at+jwt")]
    [InlineData("dpop")]
    [InlineData("dpop+jwt ")]
    public void Another_type_is_invalid(string typ) => Invalid(Proof(header: h => h["typ"] = typ), Expected);

    [Fact]
    public void No_type_is_invalid() => Invalid(Proof(header: h => h.Remove("typ")), Expected);

    // 5
    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("ES384")]
    [InlineData("RS256")]
    [InlineData("EdDSA")]
    public void Another_algorithm_is_invalid(string alg) => Invalid(Proof(header: h => h["alg"] = alg), Expected);

    [Fact]
    public void A_symmetric_key_in_the_header_is_invalid()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var k = Base64UrlText.Encode(secret);
        var header = $$"""{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"{{k}}"} }""";
        Invalid(Keys.Forge(header, Payload().ToJsonString(), data => HMACSHA256.HashData(secret, data)), Expected);
    }

    // 6
    [Fact]
    public void A_signature_by_another_key_is_invalid() =>
        Invalid(Proof(sign: data => Keys.OtherP256.SignData(data, HashAlgorithmName.SHA256)), Expected);

    // 7
    [Fact]
    public void A_private_key_in_the_header_is_invalid() =>
        Invalid(Proof(header: h => h["jwk"]!["d"] = "AAAA"), Expected);

    [Fact]
    public void A_missing_or_mangled_key_is_invalid()
    {
        Invalid(Proof(header: h => h.Remove("jwk")), Expected);
        Invalid(Proof(header: h => h["jwk"] = "key"), Expected);
        Invalid(Proof(header: h => h["jwk"]!["x"] = "AAAA"), Expected);
        Invalid(Proof(header: h => h["jwk"]!["use"] = "enc"), Expected);
        Invalid(Proof(header: h => h["jwk"]!["alg"] = "ES384"), Expected);
        Invalid(Proof(header: h => h["crit"] = new JsonArray("jwk")), Expected);
    }

    // 8
    [Theory]
    [InlineData("GET")]
    [InlineData("post")]
    [InlineData("POST ")]
    public void Another_method_is_invalid(string method) => Invalid(Proof(p => p["htm"] = method), Expected);

    // 9
    [Theory]
    [InlineData("https://server.example.com/token2")]
    [InlineData("https://resource.example.com/token")]
    [InlineData("http://server.example.com/token")]
    [InlineData("/token")]
    public void Another_uri_is_invalid(string uri) => Invalid(Proof(p => p["htu"] = uri), Expected);

    [Theory]
    [InlineData("HTTPS://SERVER.example.com:443/token")]
    [InlineData("https://server.example.com/token?x=1")]
    [InlineData("https://server.example.com/%74oken")]
    public void The_same_uri_in_another_spelling_holds(string uri) => Valid(Proof(p => p["htu"] = uri), Expected);

    // 10
    [Fact]
    public void A_missing_or_stale_nonce_asks_for_a_fresh_one()
    {
        var expected = Expected with { NonceIsValid = nonce => nonce == "fresh" };
        Assert.IsType<DpopOutcome.NonceRequired>(DpopProof.Verify(Proof(), expected));
        Assert.IsType<DpopOutcome.NonceRequired>(DpopProof.Verify(Proof(p => p["nonce"] = "stale"), expected));
        var header = DpopProof.Create(Keys.P256, "POST", Uri, "j", Now, "fresh", null);
        Assert.Equal("fresh", Valid(header, expected).Nonce);
        Valid(Proof(p => p["nonce"] = "whatever"), Expected);
        Invalid(Proof(p => p["nonce"] = 7), expected);
    }

    [Fact]
    public void A_proof_that_is_bad_in_any_other_way_is_given_no_nonce()
    {
        var expected = Expected with { NonceIsValid = _ => false };
        Invalid(Proof(p => p["htm"] = "GET"), expected);
        Invalid(Proof(p => p["iat"] = 1), expected);
        Invalid(Proof(sign: _ => new byte[64]), expected);
        Invalid(Proof(), expected with { AccessToken = "token" });
    }

    // 11
    [Theory]
    [InlineData(-65, true)]
    [InlineData(-66, false)]
    [InlineData(0, true)]
    [InlineData(5, true)]
    [InlineData(6, false)]
    public void The_time_of_making_lies_within_the_window(int seconds, bool holds)
    {
        var header = Proof(p => p["iat"] = Now.ToUnixTimeSeconds() + seconds);
        if (holds)
            Valid(header, Expected);
        else
            Invalid(header, Expected);
    }

    [Fact]
    public void Keys_of_every_allowed_kind_may_prove()
    {
        foreach (var (alg, kid, sign) in JwsTests.Signers())
        {
            var key = Keys.Named(kid).Jwk;
            var header = $$"""{"typ":"dpop+jwt","alg":"{{alg}}","jwk":{{key.ToJson()}} }""";
            var proof = Keys.Forge(header, Payload().ToJsonString(), sign);
            Assert.Equal(key.Thumbprint, Valid(proof, Expected).Jkt);
        }
    }

    // The proofs of the RFC itself: §4.1 figure 2 (token endpoint) and §7.1 figure 12 (resource, with ath).
    [Fact]
    public void The_proofs_of_the_rfc_hold()
    {
        if (!Vectors.TryRead("oauth/examples.json", out var examples))
            return;

        var seen = 0;
        foreach (var text in examples.EnumerateArray()
            .Where(e => e.GetProperty("source").GetString()!.Contains("rfc9449", StringComparison.Ordinal))
            .Select(e => e.GetProperty("text").GetString()!))
        {
            if (ProofIn(text) is not { } header)
                continue;
            var issued = DateTimeOffset.FromUnixTimeSeconds(IssuedAt(header));
            var atResource = text.StartsWith("GET", StringComparison.Ordinal);
            var expected = Expected with
            {
                Method = atResource ? "GET" : "POST",
                Uri = atResource ? "https://resource.example.org/protectedresource" : Uri,
                AccessToken = atResource ? "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU" : null,
                Now = issued,
            };
            Assert.Equal("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I", Valid(header, expected).Jkt); // §6.1
            Invalid(header, expected with { Now = issued.AddHours(1) });
            seen++;
        }

        Assert.True(seen >= 3, $"{seen} proofs found");
    }

    private static string? ProofIn(string text)
    {
        var joined = text.Replace("\\\n ", "", StringComparison.Ordinal).Replace("\\\n", "", StringComparison.Ordinal);
        return joined.Split('\n')
            .Where(line => line.StartsWith("DPoP: ey", StringComparison.Ordinal))
            .Select(line => line["DPoP: ".Length..])
            .FirstOrDefault();
    }

    private static long IssuedAt(string header)
    {
        Assert.True(Jws.TryRead(header, JwsLimits.Default, out var jws, out var error), error?.Code);
        return jws.PayloadUnverified.GetProperty("iat").GetInt64();
    }

    private static JsonObject Payload() => new()
    {
        ["jti"] = "j1",
        ["htm"] = "POST",
        ["htu"] = Uri,
        ["iat"] = Now.ToUnixTimeSeconds(),
    };

    private static string Proof(
        Action<JsonObject>? payload = null, Action<JsonObject>? header = null, Func<byte[], byte[]>? sign = null)
    {
        var head = new JsonObject
        {
            ["typ"] = "dpop+jwt",
            ["alg"] = "ES256",
            ["jwk"] = JsonNode.Parse(Jwk.FromEcdsa(Keys.P256).ToJson()),
        };
        header?.Invoke(head);
        var body = Payload();
        payload?.Invoke(body);
        return Keys.Forge(head.ToJsonString(), body.ToJsonString(), sign);
    }

    private static DpopProof Valid(string header, DpopExpectation expected) =>
        Assert.IsType<DpopOutcome.Valid>(DpopProof.Verify(header, expected)).Proof;

    private static void Invalid(string header, DpopExpectation expected) =>
        Assert.NotEmpty(Assert.IsType<DpopOutcome.Invalid>(DpopProof.Verify(header, expected)).Reason);
}
