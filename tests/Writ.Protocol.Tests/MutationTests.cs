using System.Security.Cryptography;
using System.Text;

namespace Writ.Protocol.Tests;

/// <summary>
/// Bytes from outside never throw: random ones, and good messages with something changed. The seed is fixed, so that
/// a failure can be repeated; it names the round that failed.
/// </summary>
public sealed class MutationTests
{
    private const int Rounds = 4000;
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly VerificationKeyCache Cache = new();

    private static readonly DpopExpectation Expected = new(
        "POST", "https://a.example/token", Now, TimeSpan.FromMinutes(1), TimeSpan.Zero, null, null, Cache);

    private static readonly string Proof =
        DpopProof.Create(Keys.P256, "POST", "https://a.example/token", "j", Now, null, null);

    private static readonly string Assertion = ClientAssertion.Create(
        new JwsSigner(Keys.P256, "p256"), "c", "https://a.example", "j", Now, TimeSpan.FromMinutes(1));

    [Fact]
    public void A_mutated_jws_is_refused_and_nothing_throws() => Run(Encoding.ASCII.GetBytes(Assertion), bytes =>
    {
        var text = Encoding.Latin1.GetString(bytes);
        if (text == Assertion || !Jws.TryRead(text, JwsLimits.Default, out var jws, out _))
            return;
        Assert.False(jws.TryVerify(Keys.Ring, JwsAlgorithms.All, null, out _, out _));
    });

    [Fact]
    public void A_mutated_proof_is_refused_and_nothing_throws() => Run(Encoding.ASCII.GetBytes(Proof), bytes =>
    {
        var text = Encoding.Latin1.GetString(bytes);
        if (text != Proof)
            Assert.IsType<DpopOutcome.Invalid>(DpopProof.Verify(text, Expected));
    });

    // Here the mutation lies under a good signature, so the readers behind the verification are reached.
    [Fact]
    public void A_signed_but_mutated_payload_never_throws()
    {
        var header = $$"""{"typ":"dpop+jwt","alg":"ES256","jwk":{{Jwk.FromEcdsa(Keys.P256).ToJson()}}}""";
        var payload = Encoding.ASCII.GetBytes(
            """{"jti":"j","htm":"POST","htu":"https://a.example/token","iat":1800000000,"nonce":"n"}""");
        Run(payload, bytes => Assert.NotNull(DpopProof.Verify(Keys.Forge(header, bytes), Expected)), Rounds / 4);

        var claims = Encoding.ASCII.GetBytes(
            """
            {"iss":"i","sub":"s","aud":["a"],"client_id":"c",
            "authorization_details":[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"]}],
            "jti":"j","iat":1,"exp":2.5e3,"txn":"t","act":{"sub":"a","act":{"sub":"b"}},"writ_anc":{"jti":["x"]},
            "cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}
            """);
        var assertion = new ClientAssertionExpectation("s", "a", Now, TimeSpan.Zero);
        Run(
            claims,
            bytes =>
            {
                var text = Keys.Forge("""{"alg":"ES256","kid":"p256"}""", bytes);
                if (Jws.TryRead(text, JwsLimits.Default, out var jws, out _)
                    && jws.TryVerify(Keys.Ring, JwsAlgorithms.All, null, out var token, out _))
                {
                    _ = AccessTokenClaims.TryParse(token, out _, out _);
                    _ = RevocationFeedMessage.TryParse(token, out _, out _);
                    Assert.NotNull(ClientAssertion.Verify(jws, Keys.Ring, assertion));
                }
            },
            Rounds / 4);
    }

    [Fact]
    public void A_mutated_header_never_throws()
    {
        var header = Encoding.ASCII.GetBytes(
            $$"""{"typ":"dpop+jwt","alg":"ES256","kid":"p256","jwk":{{Jwk.FromEcdsa(Keys.P256).ToJson()}}}""");
        Run(
            header,
            bytes =>
            {
                var compact = Base64UrlText.Encode(bytes) + ".e30." + Base64UrlText.Encode(new byte[64]);
                Assert.IsType<DpopOutcome.Invalid>(DpopProof.Verify(compact, Expected));
                Assert.NotNull(Keys.Refusal(compact));
            });
    }

    [Fact]
    public void A_mutated_form_never_throws()
    {
        var form = Encoding.ASCII.GetBytes(
            "grant_type=client_credentials&scope=a:b+c:d@shop&resource=https%3A%2F%2Fa.example&authorization_details="
            + Uri.EscapeDataString("""[{"type":"writ_access","actions":["a:b"],"locations":["https://a.example"]}]"""));
        Run(form, bytes =>
        {
            Assert.NotNull(TokenRequest.Parse(bytes));
            Assert.NotNull(TokenRequest.Parse(Encoding.Latin1.GetString(bytes)));
            IntrospectionRequest.Parse(bytes, out _);
            RevocationRequest.Parse(bytes, out _);
        });
    }

    [Fact]
    public void Mutated_keys_uris_and_names_never_throw()
    {
        var set = Encoding.ASCII.GetBytes(Keys.Ring.ToJson());
        Run(set, bytes => _ = KeyRing.TryParse(bytes, out _, out _), Rounds / 2);
        Run("https://user@a.example:8443/a/%7E/../b?x#y"u8.ToArray(), bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes);
            if (HttpUri.TryNormalise(text, out var normal))
                Assert.True(HttpUri.TryNormalise(normal, out var again) && again == normal, normal);
            AuthorizationDetail.IsLocation(text);
        });
        Run("spiffe://example.org/agent/billing"u8.ToArray(), bytes =>
        {
            var text = Encoding.Latin1.GetString(bytes);
            if (SpiffeId.TryParse(text, out var id))
                Assert.Equal(text, id.ToString());
            if (GrantExpression.TryParse(text, out var grant))
                Assert.Equal(grant, GrantExpression.Parse(grant.ToString()));
        });
        Run("a:b,c:d@shop"u8.ToArray(), bytes =>
        {
            if (GrantExpression.TryParse(Encoding.Latin1.GetString(bytes), out var grant))
                Assert.Equal(grant, GrantExpression.Parse(grant.ToString()));
        });
    }

    private static void Run(byte[] good, Action<byte[]> check, int rounds = Rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var source = new Bytes(round);
            var bytes = round % 10 == 0 ? source.Take(source.Below(200)) : Mutate(good, source);
            try
            {
                check(bytes);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"round {round}: {Convert.ToHexString(bytes)}: {Encoding.Latin1.GetString(bytes)}", failure);
            }
        }
    }

    private static byte[] Mutate(byte[] good, Bytes source)
    {
        var bytes = good.ToList();
        for (var edits = 1 + source.Below(3); edits > 0 && bytes.Count > 0; edits--)
        {
            var at = source.Below(bytes.Count);
            switch (source.Below(6))
            {
                case 0:
                    bytes[at] = (byte)source.Below(256);
                    break;
                case 1:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)source.Below(128));
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - at, source.Below(20)));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, source.Below(20))));
                    break;
                default:
                    bytes[at] = "\"\\{}[],:.%&=+0-eu/@#"u8[source.Below(20)];
                    break;
            }
        }

        return [.. bytes];
    }

    // A stream of bytes from a seed: SHA-256 in counter mode.
    private sealed class Bytes(int seed)
    {
        private int _counter;

        public int Below(int bound)
        {
            var digest = SHA256.HashData(BitConverter.GetBytes(((long)seed << 32) | (uint)_counter++));
            return (int)(BitConverter.ToUInt32(digest) % (uint)bound);
        }

        public byte[] Take(int count) => [.. Enumerable.Range(0, count).Select(_ => (byte)Below(256))];
    }
}
