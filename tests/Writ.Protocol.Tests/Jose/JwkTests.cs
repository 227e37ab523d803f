using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// RFC 7517, RFC 7518 §6, RFC 7638, RFC 8037
public sealed class JwkTests
{
    private const string Rfc7638 =
        "{\"kty\":\"RSA\",\"n\":\""
        + "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjB"
        + "ZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8"
        + "KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
        + "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
        + "\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}";

    private const string Rfc8037 =
        """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""";

    private const string Dpop =
        """
        {"kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA","crv":"P-256"}
        """;

    [Theory]
    [InlineData(Rfc7638, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")] // RFC 7638 §3.1
    [InlineData(Rfc8037, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")] // RFC 8037 appendix A.3
    [InlineData(Dpop, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")] // RFC 9449 §6.1
    public void The_thumbprint_is_that_of_the_rfc(string json, string thumbprint)
    {
        Assert.True(Jwk.TryParsePublic(json, out var jwk, out var error), error);
        Assert.Equal(thumbprint, jwk.Thumbprint);
        Assert.True(Jwk.TryParsePublic(jwk.ToJson(), out var again, out _));
        Assert.Equal(jwk, again);
        Assert.Equal(jwk.ToJson(), again.ToJson());
    }

    [Fact]
    public void Keys_of_every_curve_survive_the_round_trip()
    {
        foreach (var key in new[] { Keys.P256, Keys.P384, Keys.P521 })
        {
            var jwk = Jwk.FromEcdsa(key) with { Kid = "k", Alg = null, Use = "sig" };
            Assert.True(Jwk.TryParsePublic(jwk.ToJson(), out var read, out var error), error);
            Assert.Equal((jwk.Thumbprint, "k", "sig"), (read.Thumbprint, read.Kid, read.Use));
        }

        Assert.True(Jwk.TryParsePublic(Jwk.FromRsa(Keys.Rsa).ToJson(), out _, out _));
    }

    [Theory]
    [InlineData("d")]
    [InlineData("p")]
    [InlineData("q")]
    [InlineData("dp")]
    [InlineData("dq")]
    [InlineData("qi")]
    [InlineData("oth")]
    [InlineData("k")]
    public void A_private_member_is_refused_whatever_it_holds(string member)
    {
        foreach (var json in new[] { Rfc7638, Rfc8037, Dpop })
            Refused(json, jwk => jwk[member] = null);
    }

    [Fact]
    public void A_point_off_its_curve_is_refused()
    {
        Refused(Dpop, jwk => (jwk["x"], jwk["y"]) = ((string)jwk["y"]!, (string)jwk["x"]!));
        Refused(Dpop, jwk => jwk["x"] = Base64UrlText.Encode(new byte[32]));
        Refused(Dpop, jwk => jwk["crv"] = "P-384");
        Refused(Dpop, jwk => jwk["crv"] = "secp256k1");

        // x + p is the same residue, and another spelling of the same point: it must not be taken.
        var p521 = Jwk.FromEcdsa(Keys.P521);
        Refused(p521.ToJson(), jwk =>
        {
            Assert.True(Base64UrlText.TryDecode((string)jwk["x"]!, out var x));
            x[0] |= 0x80;
            jwk["x"] = Base64UrlText.Encode(x);
        });
    }

    [Fact]
    public void The_curves_judge_points_as_openssl_does()
    {
        foreach (var (name, size) in new[] { ("P-256", 32), ("P-384", 48), ("P-521", 66) })
        {
            var curve = WeierstrassCurve.ByName(name)!;
            for (var i = 0; i < 20; i++)
            {
                using var key = ECDsa.Create(curve.Named);
                var q = key.ExportParameters(false).Q;
                Assert.True(curve.Contains(q.X!, q.Y!));
                q.Y![size - 1] ^= 1;
                Assert.False(curve.Contains(q.X!, q.Y!));
                Assert.ThrowsAny<CryptographicException>(
                    () => ECDsa.Create(new ECParameters { Curve = curve.Named, Q = q }));
            }
        }
    }

    [Fact]
    public void A_coordinate_of_another_length_is_refused()
    {
        Refused(Dpop, jwk => jwk["x"] = Base64UrlText.Encode([0, .. Decoded(jwk, "x")]));
        Refused(Dpop, jwk => jwk["x"] = Base64UrlText.Encode(Decoded(jwk, "x").AsSpan(1)));
        Refused(Dpop, jwk => jwk["x"] = (string)jwk["x"]! + "=");
        Refused(Dpop, jwk => jwk.Remove("y"));
    }

    [Fact]
    public void A_weak_or_strange_rsa_key_is_refused()
    {
        using var weak = RSA.Create(1024);
        var weakKey = weak.ExportParameters(false);
        Refused(Rfc7638, jwk => jwk["n"] = Base64UrlText.Encode(weakKey.Modulus));
        Refused(Rfc7638, jwk => jwk["n"] = Base64UrlText.Encode([0, .. Decoded(jwk, "n")]));
        Refused(Rfc7638, jwk => jwk["n"] = Base64UrlText.Encode([.. Decoded(jwk, "n")[..^1], 0]));
        Refused(Rfc7638, jwk => jwk["n"] = Base64UrlText.Encode([1, .. Decoded(jwk, "n")[1..]]));
        Refused(Rfc7638, jwk => jwk["n"] = Base64UrlText.Encode([0xC0, .. new byte[2000], 1]));
        foreach (byte[] exponent in new byte[][] { [], [0], [1], [2], [1, 0, 0], [0, 1, 0, 1], [1, 0, 0, 0, 1] })
            Refused(Rfc7638, jwk => jwk["e"] = Base64UrlText.Encode(exponent));
        Assert.Throws<NotSupportedException>(() => Jwk.FromRsa(weak));
    }

    // RFC 8032 §5.1.3 and the remark of SECURITY: a key of small order signs anything.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")]
    [InlineData("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")]
    [InlineData("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // y = p
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // y = p + 1
    [InlineData("0200000000000000000000000000000000000000000000000000000000000000")] // off the curve
    public void A_low_order_non_canonical_or_impossible_ed25519_point_is_refused(string hex) =>
        Refused(Rfc8037, jwk => jwk["x"] = Base64UrlText.Encode(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("""{"kty":"oct","k":"AAAA"}""")]
    [InlineData("""{"kty":"oct"}""")]
    [InlineData("""{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed448","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519"}""")]
    [InlineData("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUQ"}""")]
    [InlineData("""{"kty":"ec"}""")]
    [InlineData("""{"kty":1}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""not json""")]
    public void What_is_no_public_signature_key_is_refused(string json) =>
        Assert.False(Jwk.TryParsePublic(json, out _, out _));

    [Fact]
    public void Labels_are_short_texts_and_key_ops_must_include_verify()
    {
        Refused(Dpop, jwk => jwk["kid"] = 7);
        Refused(Dpop, jwk => jwk["kid"] = "");
        Refused(Dpop, jwk => jwk["kid"] = new string('k', 257));
        Refused(Dpop, jwk => jwk["alg"] = new JsonArray());
        Refused(Dpop, jwk => jwk["key_ops"] = new JsonArray("sign"));
        Refused(Dpop, jwk => jwk["key_ops"] = "verify");
        var fine = JsonNode.Parse(Dpop)!.AsObject();
        fine["key_ops"] = new JsonArray("verify");
        fine["something"] = "else";
        Assert.True(Jwk.TryParsePublic(fine.ToJsonString(), out _, out _));
    }

    [Fact]
    public void Keys_of_the_cookbook_are_public_or_refused()
    {
        if (!Vectors.TryFind("jose-cookbook/jwk", out var folder))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.json"))
        {
            var isPublic = file.Contains("public", StringComparison.Ordinal);
            Assert.Equal(isPublic, Jwk.TryParsePublic(File.ReadAllText(file), out _, out _));
        }
    }

    private static byte[] Decoded(JsonObject jwk, string member)
    {
        Assert.True(Base64UrlText.TryDecode((string)jwk[member]!, out var bytes));
        return bytes;
    }

    private static void Refused(string json, Action<JsonObject> spoil)
    {
        var jwk = JsonNode.Parse(json)!.AsObject();
        spoil(jwk);
        Assert.False(Jwk.TryParsePublic(JsonElement.Parse(jwk.ToJsonString()), out _, out var error));
        Assert.NotEmpty(error);
    }
}
