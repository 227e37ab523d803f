using System.Numerics;
using System.Globalization;
using System.Text.Json;

namespace Writ.Protocol.Tests;

// C2SP Wycheproof: every valid signature verifies, every invalid one does not, and nothing throws. All cases pass, so
// the ratchet is their number. The DER form of ECDSA, HMAC and the ciphers are no part of a JWS that we accept.
public sealed class WycheproofTests
{
    [Theory]
    [InlineData("ecdsa_secp256r1_sha256_p1363", "ES256", 262)]
    [InlineData("ecdsa_secp384r1_sha384_p1363", "ES384", 280)]
    [InlineData("ecdsa_secp521r1_sha512_p1363", "ES512", 318)]
    [InlineData("ed25519", "EdDSA", 151)]
    [InlineData("rsa_signature_2048_sha256", "RS256", 259)]
    [InlineData("rsa_signature_2048_sha384", "RS384", 258)]
    [InlineData("rsa_signature_2048_sha512", "RS512", 259)]
    [InlineData("rsa_pss_2048_sha256_mgf1_32", "PS256", 108)]
    [InlineData("rsa_pss_3072_sha256_mgf1_32", "PS256", 108)]
    [InlineData("rsa_pss_4096_sha512_mgf1_64", "PS512", 179)]
    public void Signatures_are_judged_as_the_suite_judges_them(string name, string alg, int cases)
    {
        if (!Vectors.TryRead($"wycheproof/testvectors_v1/{name}_test.json", out var suite))
            return;

        var seen = 0;
        foreach (var group in suite.GetProperty("testGroups").EnumerateArray())
        {
            Assert.True(Jwk.TryParsePublic(KeyOf(group), out var jwk, out var error), error);
            using var key = new VerificationKey(jwk);
            foreach (var test in group.GetProperty("tests").EnumerateArray())
            {
                seen++;
                var verified = key.Verify(alg, Hex(test, "msg"), Hex(test, "sig"));
                var expected = test.GetProperty("result").GetString();
                Assert.True(
                    expected == "acceptable" || verified == (expected == "valid"),
                    $"{name} {test.GetProperty("tcId")}: {test.GetProperty("comment")} ({expected})");
            }
        }

        Assert.True(seen >= cases, $"{name}: {seen} cases, {cases} expected");
    }

    // secp256k1 (ES256K) is on no list of ours: its keys do not even parse.
    [Fact]
    public void Keys_on_another_curve_are_refused()
    {
        if (!Vectors.TryRead("wycheproof/testvectors_v1/ecdsa_secp256k1_sha256_p1363_test.json", out var suite))
            return;
        foreach (var group in suite.GetProperty("testGroups").EnumerateArray())
        {
            if (group.TryGetProperty("publicKeyJwk", out var jwk))
                Assert.False(Jwk.TryParsePublic(jwk, out _, out _));
        }
    }

    // Three cases bring a signature curve in place of X25519; those are keys that we do take, for signatures.
    [Fact]
    public void Keys_for_agreement_are_refused()
    {
        if (!Vectors.TryRead("wycheproof/testvectors_v1/x25519_jwk_test.json", out var suite))
            return;
        foreach (var test in suite.GetProperty("testGroups").EnumerateArray()
            .SelectMany(group => group.GetProperty("tests").EnumerateArray()))
        {
            var parsed = Jwk.TryParsePublic(test.GetProperty("public"), out var jwk, out _);
            Assert.Equal(parsed, jwk?.Kty == "EC");
        }
    }

    private static byte[] Hex(JsonElement test, string name) =>
        Convert.FromHexString(test.GetProperty(name).GetString()!);

    // Not every group brings a JWK; the numbers of the key are always there.
    private static string KeyOf(JsonElement group)
    {
        if (group.TryGetProperty("publicKeyJwk", out var jwk) || group.TryGetProperty("keyJwk", out jwk))
            return jwk.GetRawText();

        var key = group.GetProperty("publicKey");
        var curve = key.GetProperty("curve").GetString() switch
        {
            "secp256r1" => WeierstrassCurve.ByName("P-256")!,
            "secp384r1" => WeierstrassCurve.ByName("P-384")!,
            _ => WeierstrassCurve.ByName("P-521")!,
        };
        return JsonSerializer.Serialize(new
        {
            kty = "EC",
            crv = curve.Name,
            x = Coordinate(key, "wx", curve.CoordinateBytes),
            y = Coordinate(key, "wy", curve.CoordinateBytes),
        });
    }

    private static string Coordinate(JsonElement key, string name, int size)
    {
        var value = BigInteger.Parse(
            "0" + key.GetProperty(name).GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var bytes = value.ToByteArray(isUnsigned: true, isBigEndian: true);
        return Base64UrlText.Encode([.. new byte[size - bytes.Length], .. bytes]);
    }
}
