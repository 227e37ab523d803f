using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Writ.Protocol.Tests;

// The known attacks on JWT libraries (RFC 8725 §2), each against a ring that holds one good key of each kind.
public sealed class JwtAttackTests
{
    private const string Payload = """{"sub":"admin"}""";

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("nOnE")]
    [InlineData("none ")]
    public void Alg_none_is_no_algorithm(string alg)
    {
        var header = $$"""{"alg":"{{alg}}"}""";
        Assert.Equal("alg_not_allowed", Keys.Refusal(Keys.Forge(header, Payload, _ => [])));
        Assert.Equal("alg_not_allowed", Keys.Refusal(Keys.Forge(header, Payload)));
    }

    [Theory]
    [InlineData("es256")]
    [InlineData("ES256 ")]
    [InlineData("ES256K")]
    [InlineData("RSA-OAEP")]
    [InlineData("dir")]
    [InlineData("ES256,none")]
    public void A_misspelt_or_foreign_algorithm_is_no_algorithm(string alg) =>
        Assert.Equal("alg_not_allowed", Keys.Refusal(Keys.Forge($$"""{"alg":"{{alg}}","kid":"p256"}""", Payload)));

    // RS256 → HS256 with the public key as the secret (CVE-2015-9235 and its many children).
    [Fact]
    public void A_public_key_is_not_an_hmac_secret()
    {
        var secrets = new List<byte[]>
        {
            Encoding.ASCII.GetBytes(Keys.Rsa.ExportSubjectPublicKeyInfoPem()),
            Encoding.ASCII.GetBytes(Keys.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            Keys.Rsa.ExportSubjectPublicKeyInfo(),
            Encoding.ASCII.GetBytes(Jwk.FromRsa(Keys.Rsa).ToJson()),
            Keys.Rsa.ExportParameters(false).Modulus!,
            Array.Empty<byte>(),
        };
        foreach (var secret in secrets)
        {
            foreach (var kid in new[] { "rsa", "p256" })
            {
                var token = Keys.Forge(
                    $$"""{"alg":"HS256","kid":"{{kid}}"}""", Payload, data => HMACSHA256.HashData(secret, data));
                Assert.Equal("alg_not_allowed", Keys.Refusal(token));
            }
        }
    }

    [Fact]
    public void An_allow_list_cannot_be_talked_into_hmac_or_none()
    {
        var token = Keys.Forge("""{"alg":"none"}""", Payload, _ => []);
        Assert.True(Jws.TryRead(token, JwsLimits.Default, out var jws, out _));
        Assert.False(jws.TryVerify(Keys.Ring, ["none", "HS256"], null, out _, out var error));
        Assert.Equal(JoseError.AlgorithmNotAllowed, error);
    }

    // CVE-2018-0114: the attacker brings a key of their own.
    [Fact]
    public void A_key_in_the_header_is_not_trusted()
    {
        var theirs = Jwk.FromEcdsa(Keys.OtherP256);
        byte[] Sign(byte[] data) => Keys.OtherP256.SignData(data, HashAlgorithmName.SHA256);
        var bare = $$"""{"alg":"ES256","jwk":{{theirs.ToJson()}}}""";
        var named = $$"""{"alg":"ES256","kid":"p256","jwk":{{(theirs with { Kid = "p256" }).ToJson()}}}""";
        Assert.Equal("bad_signature", Keys.Refusal(Keys.Forge(bare, Payload, Sign)));
        Assert.Equal("bad_signature", Keys.Refusal(Keys.Forge(named, Payload, Sign)));
    }

    [Fact]
    public void Links_and_certificates_in_the_header_are_not_followed()
    {
        var request = new CertificateRequest("CN=evil", Keys.OtherP256, HashAlgorithmName.SHA256);
        var start = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        using var certificate = request.CreateSelfSigned(start, start.AddYears(30));
        var x5c = Convert.ToBase64String(certificate.RawData);
        foreach (var extra in new[]
        {
            "\"jku\":\"https://evil.example/jwks\"",
            "\"x5u\":\"https://evil.example/cert.pem\"",
            $"\"x5c\":[\"{x5c}\"]",
        })
        {
            Assert.Equal("bad_signature", Keys.Refusal(Keys.Forge(
                $$"""{"alg":"ES256","kid":"p256",{{extra}}}""",
                Payload,
                data => Keys.OtherP256.SignData(data, HashAlgorithmName.SHA256))));
        }
    }

    // CVE-2022-21449: r = s = 0, and its relatives.
    [Fact]
    public void Psychic_signatures_are_refused()
    {
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        byte[][] halves = [new byte[32], [.. new byte[31], 1], order];
        foreach (var r in halves)
        {
            foreach (var s in halves)
            {
                var token = Keys.Forge("""{"alg":"ES256","kid":"p256"}""", Payload, _ => [.. r, .. s]);
                Assert.Equal("bad_signature", Keys.Refusal(token));
            }
        }
    }

    [Fact]
    public void A_der_signature_or_one_of_another_length_is_refused()
    {
        var refused = new Func<byte[], byte[]>[]
        {
            data => Keys.P256.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
            data => Keys.SignP256(data)[..63],
            data => [.. Keys.SignP256(data), 0],
            data => [0, .. Keys.SignP256(data)],
            data => [0, .. Keys.SignP256(data)[..32], 0, .. Keys.SignP256(data)[32..]],
            _ => [],
            _ => new byte[64],
            _ => new byte[4096],
        };
        foreach (var sign in refused)
        {
            Assert.Equal(
                "bad_signature",
                Keys.Refusal(Keys.Forge("""{"alg":"ES256","kid":"p256"}""", Payload, sign)));
        }
    }

    // RFC 8725 §3.1: the key itself may say what it is for.
    [Fact]
    public void A_key_labelled_for_another_algorithm_or_use_does_not_verify()
    {
        var rsa = Jwk.FromRsa(Keys.Rsa) with { Kid = "rsa" };
        var token = Keys.Forge(
            """{"alg":"RS256","kid":"rsa"}""",
            Payload,
            data => Keys.Rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Null(Keys.Refusal(token, ring: KeyRing.Of(rsa with { Alg = "RS256", Use = "sig" })));
        Assert.Equal("key_mismatch", Keys.Refusal(token, ring: KeyRing.Of(rsa with { Alg = "PS256" })));
        Assert.Equal("key_mismatch", Keys.Refusal(token, ring: KeyRing.Of(rsa with { Use = "enc" })));
    }

    [Fact]
    public void A_signature_of_one_part_does_not_carry_over_to_another()
    {
        var good = Keys.Forge("""{"alg":"ES256","kid":"p256"}""", """{"sub":"agent"}""").Split('.');
        var other = Keys.Forge("""{"alg":"ES256","kid":"p256"}""", Payload).Split('.');
        Assert.Equal("bad_signature", Keys.Refusal($"{good[0]}.{other[1]}.{good[2]}"));
        Assert.Equal("bad_signature", Keys.Refusal($"{good[0]}.{good[1]}."));
    }

    // The list holds what others were caught using as HMAC secrets. We have none to be caught with: no symmetric key
    // can be read at all, whatever it holds.
    [Fact]
    public void No_known_secret_can_be_registered_as_a_key()
    {
        if (!Vectors.TryFind("jwt-attacks/wallarm-jwt-secrets/jwt.secrets.list", out var path))
            return;
        foreach (var secret in File.ReadLines(path).Where((_, i) => i % 97 == 0))
        {
            var k = Base64UrlText.Encode(Encoding.UTF8.GetBytes(secret));
            Assert.False(Jwk.TryParsePublic($$"""{"kty":"oct","k":"{{k}}"}""", out _, out _));
        }
    }
}
