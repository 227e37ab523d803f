using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Writ.Protocol;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Tests.Access;

/// <summary>GET /access/v1/bundle: what an API is given to decide by itself, and what it is not.</summary>
public sealed class BundleTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Bundle_is_signed_and_holds_the_policy_and_who_is_entitled(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var (api, world) = await ApiAsync(broker);
        await broker.Seed.ApplyAsync(tx => RiskSignalStore.InsertAsync(tx, new RiskSignalRow
        {
            Id = Seed.Name("sig"),
            Identity = world.Other.Id,
            Name = "odd_hours",
            Score = 20,
            Source = "test",
            At = broker.Now.ToMicros(),
            ExpiresAt = broker.Now.AddHours(1).ToMicros(),
        }));

        var reply = await PullAsync(api, world.Orders.Name);

        var bundle = Verified(broker, reply);
        Assert.Equal((broker.Issuer, api.Id), (bundle.Issuer, bundle.Audience));
        Assert.Equal(await VersionAsync(broker), bundle.Version);
        var policy = reply["policy"]!;
        Assert.Equal(bundle.PolicySha256, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(policy))));
        Assert.Contains("package writ.decision", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("_test.rego", policy, StringComparison.Ordinal);
        var resource = Assert.Single(bundle.Resources);
        Assert.Equal(world.Orders.Uri, resource.Uri);
        Assert.Equal(
            new[] { world.Agent.Id, world.Other.Id }.Order(StringComparer.Ordinal),
            bundle.Subjects.Select(s => s.Facts.GetProperty("id").GetString()));
        var other = bundle.Subjects.Single(s => s.Facts.GetProperty("id").GetString() == world.Other.Id);
        Assert.Equal("odd_hours", Assert.Single(other.Signals).Name);
        Assert.True(other.Entitlements.Allows(ActionName.Parse("orders:read"), world.Orders.Uri));

        // The policy comes once, the rest as often as it is asked for.
        Assert.Null((await PullAsync(api, world.Orders.Name, bundle.PolicySha256))["policy"]);
        await broker.Seed.ChangeAsync(world.Other, row => row with { Status = "suspended" });
        var later = Verified(broker, await PullAsync(api, world.Orders.Name));
        Assert.True(later.Version > bundle.Version);
        Assert.Equal("suspended", later.Subjects.Single(s => s.Facts.GetProperty("id").GetString() == world.Other.Id)
            .Facts.GetProperty("properties").GetProperty("status").GetString());
    }

    // One team's API must not learn of another's identities, nor what else those are entitled to that use its own.
    [Fact]
    public async Task Bundle_shows_nothing_of_others()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, world) = await ApiAsync(broker);
        var theirs = await broker.Seed.ResourceAsync(Seed.Name("payroll"), "pay:read");
        await broker.Seed.ApplyAsync(tx => ResourceStore.UpdateAsync(tx, theirs with { Team = "another" }));
        var stranger = await broker.Seed.IdentityAsync(Seed.Name("agent/stranger"), [$"pay:read@{theirs.Name}"]);
        var both = await broker.Seed.IdentityAsync(
            Seed.Name("agent/both"), [$"pay:read@{theirs.Name}", $"orders:read@{world.Orders.Name}"]);

        var reply = await PullAsync(api, world.Orders.Name);
        var told = Encoding.UTF8.GetString(Verified(broker, reply).ToPayload());

        Assert.Contains(both.Id, told, StringComparison.Ordinal);
        Assert.DoesNotContain(stranger.Id, told, StringComparison.Ordinal);
        Assert.DoesNotContain(theirs.Uri, told, StringComparison.Ordinal);
        Assert.DoesNotContain("pay:read", told, StringComparison.Ordinal);
        foreach (var name in (string[])[theirs.Name, $"{world.Orders.Name},{theirs.Name}", "no-such-resource", "writ"])
        {
            var refused = await PullAsync(api, name);
            Assert.Equal((403, "not_yours"), (refused.Status, refused["code"]));
        }
    }

    // They may ask about what their team runs, but the bundle would show them everybody's facts, and the whole policy.
    [Fact]
    public async Task Agents_and_operators_get_none()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (_, world) = await ApiAsync(broker);
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));

        foreach (var who in (TestCaller[])[world.Agent, owner])
        {
            var refused = await PullAsync(who, world.Orders.Name);
            Assert.Equal((403, "not_yours"), (refused.Status, refused["code"]));
        }
    }

    [Fact]
    public async Task There_is_none_where_an_OPA_decides()
    {
        const string yes = """{"result": {"answer": {"allow": true, "obligations": []}, "why": {}}}""";
        await using var opa = WebApplication.CreateSlimBuilder().Build();
        opa.Urls.Add("http://127.0.0.1:0");
        opa.MapPost("/v1/data/writ/decision", () => Results.Text(yes, "application/json"));
        await opa.StartAsync();
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, configure: settings => settings with
        {
            Opa = new Uri(opa.Urls.First()),
            OpaPatience = TimeSpan.FromSeconds(10),
        });
        var (api, world) = await ApiAsync(broker);

        await Attempt.IsRefusedAsync(broker, () => PullAsync(api, world.Orders.Name), 409, "policy_elsewhere");
    }

    [Fact]
    public async Task Resources_are_named()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var (api, _) = await ApiAsync(broker);

        foreach (var names in (string[])["", ",", string.Join(',', Enumerable.Range(0, 201))])
            Assert.Equal(400, (await PullAsync(api, names)).Status);
    }

    private static async Task<(TestCaller Api, TestWorld World)> ApiAsync(TestBroker broker)
    {
        var world = await broker.Seed.WorldAsync();
        var api = await broker.Seed.IdentityAsync(
            Seed.Name("workload/orders-api"), [], row => row with { Kind = "workload" });
        return (api, world);
    }

    private static Task<Reply> PullAsync(TestCaller who, string resources, string? policy = null) => who.GetAsync(
        $"/access/v1/bundle?resources={resources}" + (policy is null ? "" : $"&policy={policy}"));

    private static DecisionBundle Verified(TestBroker broker, Reply reply)
    {
        Assert.True(reply.Status == 200, reply.ToString());
        Assert.True(KeyRing.TryParse(
            Encoding.UTF8.GetBytes(broker.Wiring.Keys.Jwks(KeyPurpose.Feed)), out var ring, out _));
        Assert.True(Jws.TryRead(reply["bundle"]!, JwsLimits.Feed, out var jws, out _));
        Assert.True(jws.TryVerify(ring, JwsAlgorithms.Ours, DecisionBundle.Typ, out var token, out _));
        Assert.True(DecisionBundle.TryParse(token, out var bundle, out var error), error);
        return bundle;
    }

    private static async Task<long> VersionAsync(TestBroker broker) =>
        (await broker.Wiring.Registry.CurrentAsync()).Version;
}
