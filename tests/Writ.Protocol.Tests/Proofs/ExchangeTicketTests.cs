using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Writ.Protocol.Tests;

// docs/for-agents.md: work handed on
public sealed class ExchangeTicketTests
{
    private const string Issuer = "https://writ.example";
    private const string Actor = "spiffe://example.org/agent/mailer";
    private const string Shop = "https://shop.example";
    private const string Token = "the.subject.token";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly Jwk Holder = Jwk.FromEcdsa(Keys.P256);

    private static readonly ExchangeTicketExpectation Expected = new(
        Issuer, Actor, [Shop], Token, Holder.Thumbprint, Now, TimeSpan.FromSeconds(5), null);

    [Fact]
    public void A_ticket_of_the_holder_holds()
    {
        var text = Create(Keys.P256);
        var ticket = Assert.IsType<ExchangeTicketOutcome.Valid>(ExchangeTicket.Verify(text, Expected)).Ticket;
        Assert.Equal((Actor, "j1", Now.AddSeconds(60)), (ticket.Actor, ticket.Jti, ticket.ExpiresAt));
        Assert.Equal([Shop, "https://stock.example"], ticket.Resources);
        Assert.IsType<ExchangeTicketOutcome.Valid>(
            ExchangeTicket.Verify(text, Expected with { Keys = new VerificationKeyCache(), Resources = [] }));
    }

    [Fact]
    public void A_ticket_of_somebody_else_is_invalid() => Invalid(Create(Keys.OtherP256), Expected);

    [Fact]
    public void A_ticket_holds_for_its_actor_audience_token_and_issuer_only()
    {
        var text = Create(Keys.P256);
        Invalid(text, Expected with { Actor = "spiffe://example.org/agent/other" });
        Invalid(text, Expected with { Resources = ["https://bank.example"] });
        Invalid(text, Expected with { Resources = [Shop, "https://bank.example"] });
        Invalid(text, Expected with { SubjectToken = Token + "2" });
        Invalid(text, Expected with { Issuer = "https://other.example" });
        Invalid(text, Expected with { Jkt = Jwk.FromEcdsa(Keys.OtherP256).Thumbprint });
    }

    [Theory]
    [InlineData(-5, true)]
    [InlineData(-6, false)]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void A_ticket_lives_a_minute(int seconds, bool holds)
    {
        var outcome = ExchangeTicket.Verify(Create(Keys.P256), Expected with { Now = Now.AddSeconds(seconds) });
        Assert.Equal(holds, outcome is ExchangeTicketOutcome.Valid);
    }

    [Fact]
    public void A_ticket_that_lives_longer_is_invalid()
    {
        Invalid(Forge(p => p["exp"] = Now.ToUnixTimeSeconds() + 61), Expected);
        Invalid(Forge(p => p["exp"] = 253402300799), Expected);
        Assert.IsType<ExchangeTicketOutcome.Valid>(
            ExchangeTicket.Verify(Forge(p => p["exp"] = Now.ToUnixTimeSeconds() + 10), Expected));
    }

    [Theory]
    [InlineData("aud")]
    [InlineData("act")]
    [InlineData("resource")]
    [InlineData("ath")]
    [InlineData("jti")]
    [InlineData("iat")]
    [InlineData("exp")]
    public void Every_claim_must_be_there_and_right(string claim)
    {
        Invalid(Forge(p => p.Remove(claim)), Expected);
        Invalid(Forge(p => p[claim] = null), Expected);
        Invalid(Forge(p => p[claim] = true), Expected);
        Invalid(Forge(p => p[claim] = ""), Expected);
        Invalid(Forge(p => p[claim] = new JsonArray()), Expected);
    }

    [Fact]
    public void A_chain_of_actors_is_no_actor() =>
        Invalid(Forge(p => p["act"]!["act"] = new JsonObject { ["sub"] = "x" }), Expected);

    // A DPoP proof or an assertion by the same key is no ticket: the type tells them apart.
    [Fact]
    public void Another_thing_signed_by_the_same_key_is_no_ticket()
    {
        Invalid(Forge(_ => { }, "dpop+jwt"), Expected);
        Invalid(Forge(_ => { }, "JWT"), Expected);
        Invalid(DpopProof.Create(Keys.P256, "POST", Issuer, "j", Now, null, Token), Expected);
        Invalid("", Expected);
        var proof = new DpopExpectation(
            "POST", Issuer, Now, TimeSpan.FromMinutes(1), TimeSpan.Zero, null, null, null);
        Assert.IsType<DpopOutcome.Invalid>(DpopProof.Verify(Create(Keys.P256), proof));
    }

    private static string Create(ECDsa key) => ExchangeTicket.Create(
        new JwsSigner(key, null), Issuer, Actor, ["https://stock.example", Shop], Token, "j1", Now);

    private static string Forge(Action<JsonObject> spoil, string typ = ExchangeTicket.Typ)
    {
        var payload = new JsonObject
        {
            ["aud"] = Issuer,
            ["act"] = new JsonObject { ["sub"] = Actor },
            ["resource"] = new JsonArray(Shop),
            ["ath"] = AccessTokenHash.Of(Token),
            ["jti"] = "j1",
            ["iat"] = Now.ToUnixTimeSeconds(),
            ["exp"] = Now.ToUnixTimeSeconds() + 60,
        };
        spoil(payload);
        return Keys.Forge(
            $$"""{"typ":"{{typ}}","alg":"ES256","jwk":{{Holder.ToJson()}}}""", payload.ToJsonString());
    }

    private static void Invalid(string text, ExchangeTicketExpectation expected) =>
        Assert.NotEmpty(
            Assert.IsType<ExchangeTicketOutcome.Invalid>(ExchangeTicket.Verify(text, expected)).Reason);
}
