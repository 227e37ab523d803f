using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// RFC 7520 §4 and RFC 8037 appendix A. The cookbook signs prose, and a JWS of ours carries a JSON object: signatures
// are checked through the key, and the compact form must be refused for its payload and for nothing else.
public sealed class JoseCookbookTests
{
    [Theory]
    [InlineData("jose-cookbook/jws/4_1.rsa_v15_signature.json")]
    [InlineData("jose-cookbook/jws/4_2.rsa-pss_signature.json")]
    [InlineData("jose-cookbook/jws/4_3.ecdsa_signature.json")]
    [InlineData("jose-cookbook/curve25519/jws.json")]
    public void Signatures_of_the_cookbook_verify(string file)
    {
        if (!Vectors.TryRead(file, out var example))
            return;

        using var key = new VerificationKey(PublicKey(example.GetProperty("input").GetProperty("key")));
        var signing = example.GetProperty("signing");
        var data = Encoding.ASCII.GetBytes(signing.GetProperty("sig-input").GetString()!);
        Assert.True(Base64UrlText.TryDecode(signing.GetProperty("sig").GetString()!, out var signature));
        var alg = example.GetProperty("input").GetProperty("alg").GetString()!;
        Assert.True(key.Verify(alg, data, signature));
        data[^1] ^= 1;
        Assert.False(key.Verify(alg, data, signature));

        var compact = example.GetProperty("output").GetProperty("compact").GetString();
        Assert.False(Jws.TryRead(compact, JwsLimits.Default, out _, out var error));
        Assert.Equal(JoseError.BadPayload, error);
    }

    [Theory]
    [InlineData("jose-cookbook/jws/4_4.hmac-sha2_integrity_protection.json")]
    [InlineData("jose-cookbook/jws/4_5.signature_with_detached_content.json")]
    [InlineData("jose-cookbook/jws/4_6.protecting_specific_header_fields.json")]
    [InlineData("jose-cookbook/jws/4_7.protecting_content_only.json")]
    [InlineData("jose-cookbook/jws/4_8.multiple_signatures.json")]
    [InlineData("jose-cookbook/rfc7797/4.2.hmac-sha2_b64_false.json")]
    [InlineData("jose-cookbook/rfc7797/hmac-sha2_b64_false.json")]
    public void Hmac_detached_unencoded_and_json_forms_are_refused(string file)
    {
        if (!Vectors.TryRead(file, out var example))
            return;
        foreach (var form in example.GetProperty("output").EnumerateObject())
        {
            var text = form.Value.ValueKind == JsonValueKind.String ? form.Value.GetString() : form.Value.GetRawText();
            Assert.False(Jws.TryRead(text, JwsLimits.Default, out _, out _));
        }
    }

    [Fact]
    public void Encrypted_tokens_are_refused()
    {
        if (!Vectors.TryFind("jose-cookbook/jwe", out var folder))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, "*.json"))
        {
            var output = JsonElement.Parse(File.ReadAllBytes(file)).GetProperty("output");
            if (output.TryGetProperty("compact", out var compact))
            {
                Assert.False(Jws.TryRead(compact.GetString(), JwsLimits.Default, out _, out var error));
                Assert.Equal(JoseError.NotCompact, error);
            }
        }
    }

    private static Jwk PublicKey(JsonElement key)
    {
        var jwk = JsonNode.Parse(key.GetRawText())!.AsObject();
        foreach (var name in new[] { "d", "p", "q", "dp", "dq", "qi" })
            jwk.Remove(name);
        Assert.True(Jwk.TryParsePublic(jwk.ToJsonString(), out var read, out var error), error);
        return read;
    }
}
