using System.Buffers.Text;
using System.Text.Json;
using Writ.Server.Keys;
using Writ.Server.Storage;
using static Writ.Server.Tests.Inventory.IdentityTests;

namespace Writ.Server.Tests.Governance;

/// <summary>The broker's own keys: rotated with overlap, revoked with all that they signed.</summary>
public sealed class SigningKeyTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Rotated_key_signs_and_the_old_one_verifies(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var before = await owner.ManagementTokenAsync();
        await broker.AdvanceAsync(TimeSpan.FromSeconds(1));

        var rotated = await owner.PostAsync("/v1/signing-keys/rotate", new { purpose = "token" });

        Assert.True(rotated.Status == 201, rotated.Text);
        Assert.Contains(rotated["kid"], await KidsAsync(broker));
        Assert.Equal(200, (await owner.CallAsync(HttpMethod.Get, "/v1/tasks", null, before)).Status);
        var after = (await owner.TokenAsync(("resource", broker.Issuer))).AccessToken;
        Assert.Equal(rotated["kid"], KidOf(after));
        var listed = (await owner.GetAsync("/v1/signing-keys")).Json.GetProperty("items").EnumerateArray()
            .Where(k => k.GetProperty("purpose").GetString() == "token")
            .ToDictionary(k => k.GetProperty("kid").GetString()!);
        Assert.Equal("signs", listed[rotated["kid"]!].GetProperty("state").GetString());
        Assert.Equal("verifies", listed[KidOf(before)].GetProperty("state").GetString());
        Assert.Equal(
            listed[rotated["kid"]!].GetProperty("active_from").GetString(),
            listed[KidOf(before)].GetProperty("retires_at").GetString());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Revoked_key_takes_all_that_it_signed_with_it_and_another_signs_at_once(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var stolen = await owner.ManagementTokenAsync();
        var kid = KidOf(stolen);

        Assert.Equal(204, (await owner.PostAsync($"/v1/signing-keys/{kid}/revoke", new { reason = "stolen" })).Status);

        Assert.Equal(401, (await owner.CallAsync(HttpMethod.Get, "/v1/tasks", null, stolen)).Status);
        Assert.DoesNotContain(kid, await KidsAsync(broker));
        Assert.Equal(200, (await owner.GetAsync("/v1/tasks")).Status);
        Assert.Equal((409, "conflict"), StatusOf(await owner.PostAsync($"/v1/signing-keys/{kid}/revoke", new { })));
        Assert.Equal(404, (await owner.PostAsync("/v1/signing-keys/nobody/revoke", new { })).Status);
    }

    // A moment without end would be told to every new reader of the feed, for ever.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Revocation_of_a_key_is_forgotten_once_the_key_would_be_gone(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var owner = await broker.Seed.OperatorAsync("owner");
        var kid = KidOf(await owner.ManagementTokenAsync());

        Assert.Equal(204, (await owner.PostAsync($"/v1/signing-keys/{kid}/revoke", new { reason = "stolen" })).Status);

        var gone = broker.Wiring.Keys.Rows(KeyPurpose.Token).Single(k => k.Kid == kid).GoneAt;
        var entry = broker.Wiring.Revocations.Set.ToSnapshot().Entries.Single(e => e.Handle.Value == kid);
        Assert.Equal("key_revoked", entry.Reason);
        Assert.Equal(DateTimeOffset.MaxValue, entry.IssuedBefore);
        Assert.InRange(
            entry.MattersUntil, Instant.FromMicros(gone), Instant.FromMicros(gone) + (3 * broker.Wiring.Settings.Skew));
    }

    [Fact]
    public async Task Purpose_is_one_that_exists()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var owner = await broker.Seed.OperatorAsync("owner");

        var reply = await owner.PostAsync("/v1/signing-keys/rotate", new { purpose = "all" });

        Assert.Equal((400, "invalid_request"), StatusOf(reply));
    }

    private static async Task<string[]> KidsAsync(TestBroker broker)
    {
        var jwks = JsonElement.Parse(await broker.Http.GetStringAsync("/oauth/jwks"));
        return [.. jwks.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("kid").GetString()!)];
    }

    private static string KidOf(string token)
    {
        var header = Base64Url.DecodeFromChars(token.AsSpan(0, token.IndexOf('.')));
        return JsonElement.Parse(header).GetProperty("kid").GetString()!;
    }
}
