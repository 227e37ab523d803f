using System.Text;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// RFC 9068 §2.2, RFC 8693 §4.1 and §4.4, RFC 9449 §6.1, RFC 8705 §3.1
public sealed class AccessTokenClaimsTests
{
    private const string Thumbprint = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    private static readonly JwsSigner Signer = new(Keys.P256, "p256");

    private static readonly AccessTokenClaims Full = new()
    {
        Issuer = "https://writ.example",
        Subject = "spiffe://example.org/agent/billing",
        Audience = ["https://shop.example"],
        ClientId = "spiffe://example.org/agent/mailer",
        Scope = "orders:read",
        Authority = Authority.Of(AuthorizationDetail.Of([ActionName.Parse("orders:read")], ["https://shop.example"])),
        Jti = "t3",
        IssuedAt = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(1_800_000_900),
        Confirmation = new Confirmation.Jkt("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"),
        Actors = ActorChain.None.Push("spiffe://example.org/agent/planner").Push("spiffe://example.org/agent/mailer"),
        TaskId = "k3",
        Ancestors = TokenAncestors.Of(["t2", "t1"], ["k2", "k1"]),
        MayAct = "spiffe://example.org/agent/printer",
    };

    [Fact]
    public void The_payload_is_canonical() => Assert.Equal(
        """
        {"iss":"https://writ.example","sub":"spiffe://example.org/agent/billing","aud":"https://shop.example",
        "client_id":"spiffe://example.org/agent/mailer","scope":"orders:read",
        "authorization_details":[{"type":"writ_access","actions":["orders:read"],"locations":["https://shop.example"]}],
        "jti":"t3","iat":1800000000,"exp":1800000900,"cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"},
        "act":{"sub":"spiffe://example.org/agent/mailer",
        "act":{"sub":"spiffe://example.org/agent/planner"}},
        "txn":"k3","writ_anc":{"jti":["t2","t1"],
        "txn":["k2","k1"]},
        "may_act":{"sub":"spiffe://example.org/agent/printer"}}
        """.ReplaceLineEndings(""),
        Encoding.UTF8.GetString(Full.ToPayload()));

    [Fact]
    public void What_is_signed_reads_back_the_same()
    {
        var bearer = Full with
        {
            Confirmation = null,
            Actors = ActorChain.None,
            Ancestors = TokenAncestors.None,
            MayAct = null,
            Scope = "",
            Authority = Authority.Empty,
            Audience = ["https://a.example", "https://b.example"],
        };
        var certified = Full with
        {
            Confirmation = new Confirmation.X5t("A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"),
        };
        foreach (var claims in new[] { Full, bearer, certified })
        {
            Assert.True(AccessTokenClaims.TryParse(Verified(claims.ToPayload()), out var read, out var error), error);
            Assert.Equal(claims, read);
            Assert.Equal(claims.ToPayload(), read.ToPayload());
        }
    }

    [Fact]
    public void The_handles_are_all_that_can_kill_it() => Assert.Equal(
        [
            "jti:t3", "txn:k3",
            "sub:spiffe://example.org/agent/billing",
            "sub:spiffe://example.org/agent/mailer",
            "sub:spiffe://example.org/agent/planner",
            "jti:t2", "jti:t1", "txn:k2", "txn:k1", "kid:p256", "iss:https://writ.example",
        ],
        Full.Handles("p256").Select(handle => handle.ToString()));

    [Theory]
    [InlineData("iss")]
    [InlineData("sub")]
    [InlineData("aud")]
    [InlineData("client_id")]
    [InlineData("authorization_details")]
    [InlineData("jti")]
    [InlineData("iat")]
    [InlineData("exp")]
    [InlineData("txn")]
    public void A_required_claim_must_be_there_and_right(string claim)
    {
        Assert.NotNull(Fault(payload => payload.Remove(claim)));
        Assert.NotNull(Fault(payload => payload[claim] = null));
        Assert.NotNull(Fault(payload => payload[claim] = true));
        Assert.NotNull(Fault(payload => payload[claim] = ""));
        Assert.NotNull(Fault(payload => payload[claim] = new JsonObject()));
    }

    [Theory]
    [InlineData("cnf", """{}""")]
    [InlineData("cnf", """{"jkt":"short"}""")]
    [InlineData("cnf", """{"jkt":7}""")]
    [InlineData("cnf", """{"kid":"a"}""")]
    [InlineData("cnf", $$"""{"jkt":"{{Thumbprint}}","x5t#S256":"{{Thumbprint}}"}""")]
    [InlineData("cnf", """null""")]
    [InlineData("act", """{}""")]
    [InlineData("act", "\"a\"")]
    [InlineData("act", """{"sub":"a","act":{}}""")]
    [InlineData("act", """{"sub":"a","act":null}""")]
    [InlineData("act", """{"sub":""}""")]
    [InlineData("writ_anc", """{"jti":"a"}""")]
    [InlineData("writ_anc", """{"jti":[""]}""")]
    [InlineData("writ_anc", """{"jti":[1]}""")]
    [InlineData("writ_anc", """{"kid":["a"]}""")]
    [InlineData("writ_anc", """[]""")]
    [InlineData("may_act", """{}""")]
    [InlineData("may_act", "\"a\"")]
    [InlineData("may_act", """{"sub":7}""")]
    [InlineData("scope", """[]""")]
    [InlineData("aud", """[]""")]
    [InlineData("aud", """[""]""")]
    [InlineData("aud", """["a",1]""")]
    [InlineData("authorization_details", """[{"type":"other"}]""")]
    [InlineData("exp", "-1")]
    [InlineData("exp", "1e400")]
    [InlineData("exp", "253402300800")]
    [InlineData("exp", "\"1800000900\"")]
    [InlineData("iat", "99999999999999999999")]
    public void A_malformed_claim_is_never_skipped(string claim, string value) =>
        Assert.NotNull(Fault(payload => payload[claim] = JsonNode.Parse(value)));

    [Fact]
    public void Unknown_claims_are_ignored() =>
        Assert.Null(Fault(payload => payload["new"] = new JsonArray(1, 2)));

    [Fact]
    public void Time_allows_for_the_skew_and_no_more()
    {
        var skew = TimeSpan.FromSeconds(5);
        Assert.True(Full.IsTimely(Full.IssuedAt - skew, skew));
        Assert.False(Full.IsTimely(Full.IssuedAt - skew - TimeSpan.FromTicks(1), skew));
        Assert.True(Full.IsTimely(Full.ExpiresAt + skew - TimeSpan.FromTicks(1), skew));
        Assert.False(Full.IsTimely(Full.ExpiresAt + skew, skew));
    }

    [Fact]
    public void An_authority_wider_than_a_request_may_ask_still_reads_back()
    {
        var wide = Authority.Of(Enumerable.Range(0, 40).Select(i => AuthorizationDetail.Of(
            Enumerable.Range(0, 40).Select(j => ActionName.Parse($"a{j}:read")), [$"https://{i}.example"])));
        var claims = Full with { Authority = wide };
        Assert.True(AccessTokenClaims.TryParse(
            Verified(claims.ToPayload()), out var read, out var error), error);
        Assert.Equal(wide, read.Authority);
        Assert.False(Authority.TryParse(wide.ToJson(), out _, out _));
    }

    private static string? Fault(Action<JsonObject> spoil)
    {
        var payload = JsonNode.Parse(Full.ToPayload())!.AsObject();
        spoil(payload);
        var bytes = Encoding.UTF8.GetBytes(payload.ToJsonString());
        return AccessTokenClaims.TryParse(Verified(bytes), out _, out var error) ? null : error;
    }

    private static JwsToken Verified(byte[] payload)
    {
        Assert.True(Jws.TryRead(Signer.Sign(AccessTokenClaims.Typ, payload), JwsLimits.Default, out var jws, out _));
        Assert.True(jws.TryVerify(Keys.Ring, JwsAlgorithms.Ours, AccessTokenClaims.Typ, out var token, out _));
        return token;
    }
}
