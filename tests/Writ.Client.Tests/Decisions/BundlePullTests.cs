using System.Security.Cryptography;
using Writ.Protocol;
using static Writ.Client.Tests.Decisions.DecisionWorld;

namespace Writ.Client.Tests.Decisions;

/// <summary>What is decided on is what the broker signed for this server, and no older than the feed says.</summary>
public sealed class BundlePullTests
{
    [Fact]
    public async Task Bundle_counts_as_long_as_the_feed_says_no_more()
    {
        await using var world = await DecisionWorld.StartAsync();
        Assert.Equal("decision_stale", (await world.Point.DecideAsync(Question)).Code);
        world.Offer(world.Bundle(5));
        world.Beat(5);
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current");
        Assert.True((await world.Point.DecideAsync(Question)).IsAllowed);

        world.Beat(6); // and the broker answers with the old one still

        Assert.Equal("decision_stale", (await world.Point.DecideAsync(Question)).Code);
        world.Offer(world.Bundle(6));
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current again");
    }

    [Fact]
    public async Task Context_beyond_all_bounds_is_a_no_and_not_a_failure()
    {
        await using var world = await DecisionWorld.StartAsync();
        world.Offer(world.Bundle(5));
        world.Beat(5);
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current");
        var context = System.Text.Json.JsonElement.Parse("""{"n": 1e2000000000}""");

        var decision = await world.Point.DecideAsync(Question with { Context = context });

        Assert.Equal((false, "invalid_request"), (decision.IsAllowed, decision.Code));
    }

    [Theory]
    [InlineData("signature")]
    [InlineData("audience")]
    [InlineData("issuer")]
    [InlineData("policy")]
    [InlineData("older")]
    public async Task What_cannot_be_trusted_is_not_taken(string what)
    {
        await using var world = await DecisionWorld.StartAsync();
        world.Offer(world.Bundle(5));
        world.Beat(5);
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current");
        using var another = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var asked = world.Broker.Calls.Count;
        var next = world.Bundle(6);
        switch (what)
        {
            case "signature":
                world.Offer(next, signer: new JwsSigner(another, "f1"));
                break;
            case "audience":
                world.Offer(next with { Audience = Agent });
                break;
            case "issuer":
                world.Offer(next with { Issuer = "https://another.example.org" });
                break;
            case "policy":
                world.Offer(next, policy: Policy.Replace("true", "false", StringComparison.Ordinal));
                break;
            default:
                world.Offer(next with { Version = 4 });
                break;
        }

        world.Beat(6);
        await Eventually.IsTrueAsync(() => world.Broker.Calls.Count > asked + 1, "it was asked, and asked again");

        Assert.Equal(5, world.Pull.Facts!.Bundle.Version);
        Assert.Equal("decision_stale", (await world.Point.DecideAsync(Question)).Code);
    }

    // A broker that was restored from a backup counts from lower again, under another epoch.
    [Fact]
    public async Task Other_epoch_begins_anew()
    {
        await using var world = await DecisionWorld.StartAsync();
        world.Offer(world.Bundle(5));
        world.Beat(5);
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current");

        world.Beat(2, "e2");

        Assert.False(world.Point.IsFresh);
        world.Offer(world.Bundle(2) with { Epoch = "e2" });
        await Eventually.IsTrueAsync(() => world.Point.IsFresh, "it is current again");
        Assert.Equal(2, world.Pull.Facts!.Bundle.Version);
    }
}
