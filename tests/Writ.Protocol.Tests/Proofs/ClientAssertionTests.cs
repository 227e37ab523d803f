using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// RFC 7523 §3, draft-ietf-oauth-rfc7523bis §4
public sealed class ClientAssertionTests
{
    private const string Client = "spiffe://example.org/agent/billing";
    private const string Issuer = "https://writ.example";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly ClientAssertionExpectation Expected = new(Client, Issuer, Now, TimeSpan.FromSeconds(5));

    [Fact]
    public void An_assertion_that_we_make_holds()
    {
        var text = ClientAssertion.Create(
            new JwsSigner(Keys.P256, "p256"), Client, Issuer, "j1", Now, TimeSpan.FromMinutes(1));
        Assert.True(Jws.TryRead(text, JwsLimits.Default, out var jws, out _));
        Assert.Equal(Client, ClientAssertion.PeekClientId(jws));
        var valid = Assert.IsType<ClientAssertionOutcome.Valid>(ClientAssertion.Verify(jws, Keys.Ring, Expected));
        var read = valid.Assertion;
        Assert.Equal((Client, "j1", Now.AddMinutes(1)), (read.ClientId, read.Jti, read.ExpiresAt));
        Assert.Equal(Jwk.FromEcdsa(Keys.P256), read.Key);
    }

    // rfc7523bis, item 3(b): the issuer is the sole audience.
    [Theory]
    [InlineData("\"https://writ.example/oauth/token\"")]
    [InlineData("\"https://writ.example/\"")]
    [InlineData("\"HTTPS://writ.example\"")]
    [InlineData("\"https://other.example\"")]
    [InlineData("[\"https://writ.example\"]")]
    [InlineData("[\"https://writ.example\",\"https://writ.example/oauth/token\"]")]
    [InlineData("[]")]
    [InlineData("\"\"")]
    [InlineData("null")]
    public void Another_audience_is_invalid(string aud) => Invalid(p => p["aud"] = JsonNode.Parse(aud));

    [Fact]
    public void No_audience_is_invalid() => Invalid(p => p.Remove("aud"));

    [Theory]
    [InlineData("client-authentication+jwt", true)]
    [InlineData("application/client-authentication+jwt", true)]
    [InlineData("JWT", true)]
    [InlineData("jwt", true)]
    [InlineData(null, true)]
    [InlineData("at+jwt", false)]
    [InlineData("dpop+jwt", false)]
    [InlineData("writ-ticket+jwt", false)]
    public void The_type_is_the_drafts_or_a_plain_jwt(string? typ, bool holds)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = "p256" };
        if (typ is not null)
            header["typ"] = typ;
        var outcome = Verify(Keys.Forge(header.ToJsonString(), Payload().ToJsonString()));
        Assert.Equal(holds, outcome is ClientAssertionOutcome.Valid);
    }

    [Fact]
    public void Issuer_and_subject_are_both_the_client()
    {
        Invalid(p => p["iss"] = "spiffe://example.org/agent/other");
        Invalid(p => p["sub"] = "spiffe://example.org/agent/other");
        Invalid(p => p.Remove("iss"));
        Invalid(p => p.Remove("sub"));
    }

    [Theory]
    [InlineData("exp", -5, false)]
    [InlineData("exp", -4, true)]
    [InlineData("exp", 305, true)]
    [InlineData("exp", 306, false)]
    [InlineData("exp", 86400, false)]
    [InlineData("iat", 5, true)]
    [InlineData("iat", 6, false)]
    [InlineData("nbf", 5, true)]
    [InlineData("nbf", 6, false)]
    public void Times_lie_within_their_bounds(string claim, int seconds, bool holds)
    {
        var payload = Payload();
        payload[claim] = Now.ToUnixTimeSeconds() + seconds;
        var outcome = Verify(Keys.Forge("""{"alg":"ES256","kid":"p256"}""", payload.ToJsonString()));
        Assert.Equal(holds, outcome is ClientAssertionOutcome.Valid);
    }

    [Theory]
    [InlineData("exp")]
    [InlineData("iat")]
    [InlineData("nbf")]
    public void A_strange_time_is_invalid(string claim)
    {
        foreach (var value in new[] { "-1", "1e400", "253402300800", "\"1800000060\"", "null", "[]" })
            Invalid(p => p[claim] = JsonNode.Parse(value));
    }

    [Fact]
    public void Expiry_and_jti_are_required()
    {
        Invalid(p => p.Remove("exp"));
        Invalid(p => p.Remove("jti"));
        Invalid(p => p["jti"] = "");
        Invalid(p => p["jti"] = 7);
        Invalid(p => p["jti"] = new string('j', 257));
    }

    [Fact]
    public void Another_clients_key_does_not_help()
    {
        var others = KeyRing.Of(Jwk.FromEcdsa(Keys.OtherP256) with { Kid = "p256" });
        var text = Keys.Forge("""{"alg":"ES256","kid":"p256"}""", Payload().ToJsonString());
        Assert.True(Jws.TryRead(text, JwsLimits.Default, out var jws, out _));
        Assert.IsType<ClientAssertionOutcome.Invalid>(ClientAssertion.Verify(jws, others, Expected));
        Assert.IsType<ClientAssertionOutcome.Invalid>(ClientAssertion.Verify(jws, KeyRing.Empty, Expected));
    }

    private static JsonObject Payload() => new()
    {
        ["iss"] = Client,
        ["sub"] = Client,
        ["aud"] = Issuer,
        ["jti"] = "j1",
        ["iat"] = Now.ToUnixTimeSeconds(),
        ["exp"] = Now.ToUnixTimeSeconds() + 60,
    };

    private static void Invalid(Action<JsonObject> spoil)
    {
        var payload = Payload();
        spoil(payload);
        Assert.IsType<ClientAssertionOutcome.Invalid>(
            Verify(Keys.Forge("""{"alg":"ES256","kid":"p256"}""", payload.ToJsonString())));
    }

    private static ClientAssertionOutcome Verify(string text)
    {
        Assert.True(Jws.TryRead(text, JwsLimits.Default, out var jws, out var error), error?.Code);
        return ClientAssertion.Verify(jws, Keys.Ring, Expected);
    }
}
