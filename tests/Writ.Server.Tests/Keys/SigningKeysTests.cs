using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>Rotation and overlap, with a clock that moves by days.</summary>
public sealed class SigningKeysTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Successor_is_published_before_it_signs_and_the_old_key_verifies_after(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var keys = broker.Wiring.Keys;
        var first = keys.Current(KeyPurpose.Token)!.Kid!;
        Assert.Equal([first], await PublishedAsync(broker));

        await broker.AdvanceAsync(TimeSpan.FromDays(29.5));
        var published = await PublishedAsync(broker);
        await Wait.UntilAsync(
            async () => (published = await PublishedAsync(broker)).Count > 1, "the successor is published");
        Assert.Equal(2, published.Count);
        Assert.Equal(first, keys.Current(KeyPurpose.Token)!.Kid);
        var second = Assert.Single(published, k => k != first);

        var world = await broker.Seed.WorldAsync();
        var robot = await broker.Seed.IdentityAsync(
            "service/robot", [world.Grant()], i => i with { Kind = "service_account" });
        await broker.AdvanceAsync(TimeSpan.FromHours(11.75));
        var old = (await robot.TokenAsync(("scope", world.Grant()))).AccessToken;
        await broker.AdvanceAsync(TimeSpan.FromMinutes(16)); // past the end of the first key's thirty days

        Assert.Equal(second, keys.Current(KeyPurpose.Token)!.Kid);
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(old)); // signed by the first, still good
        Assert.Contains(first, await PublishedAsync(broker));
        await broker.AdvanceAsync(TimeSpan.FromDays(2.1));
        Assert.DoesNotContain(first, await PublishedAsync(broker));
        Assert.Null(keys.Verifier(KeyPurpose.Token, first));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Rotation_at_once_goes_on_verifying_what_was_signed(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var agent = await broker.Seed.IdentityAsync("agent/a", []);
        var old = await agent.ManagementTokenAsync();
        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));

        var first = broker.Wiring.Keys.Current(KeyPurpose.Token)!.Kid;
        var owner = await broker.Seed.OperatorAsync("alice");

        Assert.InRange((await owner.PostAsync("/v1/signing-keys/rotate", new { purpose = "token" })).Status, 200, 201);

        await Wait.UntilAsync(
            () => broker.Wiring.Keys.Current(KeyPurpose.Token)!.Kid != first, "another key signs");
        Assert.NotNull(broker.Wiring.TokenCallers.ReadAny(old));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Key_serves_one_purpose(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var feed = broker.Wiring.Keys.Current(KeyPurpose.Feed)!;
        var agent = await broker.Seed.IdentityAsync("agent/a", []);
        var claims = broker.Wiring.TokenCallers.ReadAny(await agent.ManagementTokenAsync())!;

        var forged = feed.Sign(AccessTokenClaims.Typ, claims.ToPayload());

        Assert.Null(broker.Wiring.TokenCallers.ReadAny(forged));
        Assert.Null(broker.Wiring.Keys.Verifier(KeyPurpose.Token, feed.Kid!));
        Assert.DoesNotContain(feed.Kid!, await PublishedAsync(broker));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Private_key_is_nowhere_in_the_store_in_the_clear(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        foreach (var row in await new SigningKeyStore(broker.Wiring.Database).AllAsync())
        {
            Assert.Equal(1, row.Wrapped[0]); // the version of the wrapping, not the SEQUENCE of a PKCS#8
            Assert.DoesNotContain("\"d\"", row.PublicKey, StringComparison.Ordinal);
        }
    }

    private static async Task<List<string>> PublishedAsync(TestBroker broker)
    {
        using var jwks = JsonDocument.Parse(await broker.Http.GetStringAsync("/oauth/jwks"));
        var keys = jwks.RootElement.GetProperty("keys").EnumerateArray();
        return [.. keys.Select(k => k.GetProperty("kid").GetString()!)];
    }
}
