using System.Security.Cryptography;
using System.Text;

namespace Writ.Protocol.Tests;

public sealed class VerificationKeyTests
{
    [Fact]
    public void One_key_may_be_used_by_many_threads_at_once()
    {
        var data = Encoding.ASCII.GetBytes("data");
        var jobs = JwsTests.Signers()
            .Select(signer => (signer.Alg, Key: Keys.Named(signer.Kid), Signature: signer.Sign(data)))
            .ToList();
        Parallel.For(0, 400, i =>
        {
            var (alg, key, signature) = jobs[i % jobs.Count];
            Assert.True(key.Verify(alg, data, signature));
            var spoilt = signature.ToArray();
            spoilt[i % spoilt.Length] ^= 1;
            Assert.False(key.Verify(alg, data, spoilt));
        });
    }

    [Fact]
    public void An_ed25519_key_may_be_used_by_many_threads_at_once()
    {
        // RFC 8037 appendix A.4
        Assert.True(Jwk.TryParsePublic(
            """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""", out var jwk, out _));
        using var key = new VerificationKey(jwk);
        var data = Encoding.ASCII.GetBytes("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
        Assert.True(Base64UrlText.TryDecode(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
            out var signature));
        Parallel.For(0, 400, i =>
        {
            Assert.True(key.Verify(i % 2 == 0 ? "EdDSA" : "Ed25519", data, signature));
            var spoilt = signature.ToArray();
            spoilt[i % 64] ^= 1;
            Assert.False(key.Verify("EdDSA", data, spoilt));
        });
        Assert.False(key.Verify("ES256", data, signature));
        Assert.False(key.Verify("EdDSA", data, signature.AsSpan(0, 63)));
        Assert.False(key.Verify("EdDSA", data, []));
    }

    // OpenSSL keeps a queue of errors for each thread; ours must leave none for .NET's own calls to trip over.
    [Fact]
    public void A_refused_ed25519_signature_does_not_disturb_the_next_call()
    {
        Assert.True(Jwk.TryParsePublic(
            """{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}""", out var jwk, out _));
        using var edwards = new VerificationKey(jwk);
        Assert.True(Keys.Ring.TryGet("p256", out var p256));
        var data = new byte[32];
        var signature = Keys.SignP256(data);
        for (var i = 0; i < 20; i++)
        {
            Assert.False(edwards.Verify("EdDSA", data, new byte[64]));
            Assert.True(p256.Verify("ES256", data, signature));
            Assert.False(p256.Verify("ES256", data, new byte[64]));
        }
    }

    [Fact]
    public void An_algorithm_that_does_not_exist_verifies_nothing()
    {
        foreach (var key in Keys.Ring.Keys)
        {
            foreach (var alg in new[] { "", "none", "HS256", "HS512", "ES256K", "es256", "RS1", "A" })
                Assert.False(key.Verify(alg, "data"u8, new byte[64]));
        }
    }

    [Fact]
    public void Rsa_signatures_must_have_the_length_of_the_modulus()
    {
        Assert.True(Keys.Ring.TryGet("rsa", out var key));
        var signature = Keys.Rsa.SignData("data"u8, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        Assert.True(key.Verify("RS256", "data"u8, signature));
        Assert.False(key.Verify("RS256", "data"u8, [0, .. signature]));
        Assert.False(key.Verify("RS256", "data"u8, []));
        Assert.False(key.Verify("PS256", "data"u8, signature));
        Assert.False(key.Verify("RS384", "data"u8, signature));
    }
}
