using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Decisions;
using Writ.Server.Keys;
using Writ.Server.Signing;

namespace Writ.Server.Tests;

/// <summary>P1 as types: no signature without the receipt of exactly this grant.</summary>
public sealed class SignerTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Fact]
    public async Task Receipt_of_its_own_grant_makes_a_token()
    {
        var signer = await SignerAsync();
        var grant = GrantOf(DecisionCase.Plain());

        Assert.NotEmpty(signer.Sign(grant, new Receipt(7, grant.Digest), await KidAsync())!);
    }

    [Fact]
    public async Task Receipt_of_another_grant_makes_none()
    {
        var signer = await SignerAsync();
        var plain = DecisionCase.Plain();
        var grant = GrantOf(plain);
        var other = GrantOf(plain with { Lives = plain.Lives with { Token = 299 } });
        Assert.NotEqual(grant.Digest, other.Digest);

        Assert.Throws<InvalidOperationException>(() => signer.Sign(grant, new Receipt(7, other.Digest), "kid"));
        Assert.Throws<InvalidOperationException>(() => signer.Sign(grant, new Receipt(7, ""), "kid"));
    }

    [Fact]
    public async Task Grant_of_an_act_makes_no_token()
    {
        var signer = await SignerAsync();
        var act = new Grant("dec_1", new Granting.Act("task:end", "task task_1"));

        Assert.Throws<InvalidOperationException>(() => signer.Sign(act, new Receipt(7, act.Digest), "kid"));
    }

    // The record names the key, for whoever asks later what a stolen one signed.
    [Fact]
    public async Task Token_is_signed_by_the_key_that_its_record_names_or_not_at_all()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        var signer = new Signer(broker.Wiring.Keys);
        var grant = GrantOf(DecisionCase.Plain());
        var receipt = new Receipt(7, grant.Digest);
        var old = broker.Wiring.Keys.Current(KeyPurpose.Token)!.Kid!;
        await broker.AdvanceAsync(TimeSpan.FromDays(30) + TimeSpan.FromMinutes(1));
        Assert.NotEqual(old, broker.Wiring.Keys.Current(KeyPurpose.Token)!.Kid);

        Assert.True(Jws.TryRead(signer.Sign(grant, receipt, old)!, JwsLimits.Default, out var token, out _));
        Assert.Equal(old, token.Header.Kid);
        var revoked = await owner.PostAsync($"/v1/signing-keys/{old}/revoke", new { reason = "stolen" });
        Assert.Equal(204, revoked.Status);
        Assert.Null(signer.Sign(grant, receipt, old));
        Assert.Null(signer.Sign(grant, receipt, "unknown"));
        Assert.Null(signer.Sign(grant, receipt, null));
    }

    private static Grant GrantOf(DecisionCase c) => Assert.IsType<Decision.Granted>(c.Decide()).Grant;

    private async Task<string> KidAsync() =>
        (await brokers.OfAsync(Engine.Sqlite)).Wiring.Keys.Current(KeyPurpose.Token)!.Kid!;

    private async Task<Signer> SignerAsync() => new((await brokers.OfAsync(Engine.Sqlite)).Wiring.Keys);
}
