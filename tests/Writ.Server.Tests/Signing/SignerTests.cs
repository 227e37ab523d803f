using Writ.Server.Audit;
using Writ.Server.Decisions;
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

        Assert.NotEmpty(signer.Sign(grant, new Receipt(7, grant.Digest)));
    }

    [Fact]
    public async Task Receipt_of_another_grant_makes_none()
    {
        var signer = await SignerAsync();
        var plain = DecisionCase.Plain();
        var grant = GrantOf(plain);
        var other = GrantOf(plain with { Lives = plain.Lives with { Token = 299 } });
        Assert.NotEqual(grant.Digest, other.Digest);

        Assert.Throws<InvalidOperationException>(() => signer.Sign(grant, new Receipt(7, other.Digest)));
        Assert.Throws<InvalidOperationException>(() => signer.Sign(grant, new Receipt(7, "")));
    }

    [Fact]
    public async Task Grant_of_an_act_makes_no_token()
    {
        var signer = await SignerAsync();
        var act = new Grant("dec_1", new Granting.Act("task:end", "task task_1"));

        Assert.Throws<InvalidOperationException>(() => signer.Sign(act, new Receipt(7, act.Digest)));
    }

    private static Grant GrantOf(DecisionCase c) => Assert.IsType<Decision.Granted>(c.Decide()).Grant;

    private async Task<Signer> SignerAsync() => new((await brokers.OfAsync(Engine.Sqlite)).Wiring.Keys);
}
