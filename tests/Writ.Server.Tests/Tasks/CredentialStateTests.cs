using System.Text.Json;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Server.Tests.Users;

namespace Writ.Server.Tests.Tasks;

/// <summary>A task's tree shows each credential as verifiers judge it.</summary>
public sealed class CredentialStateTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_made_from_a_revoked_one_is_shown_as_revoked(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var parent = await world.Agent.TokenAsync(
            ("task", task.Id), ("scope", world.Grant()), ("may_act", world.Other.Id));
        var child = await ExchangeAsync(world.Other, parent.AccessToken, world.Grant(), world.Agent.Id);
        var grandchild = await ExchangeAsync(world.Agent, child.AccessToken, world.Grant());
        Assert.All(await StatesAsync(world.Agent, task.Id), s => Assert.Equal("active", s));

        await world.Agent.PostFormAsync("/oauth/revoke", ("grant_type", ""), ("token", parent.AccessToken));

        Assert.Null(broker.Wiring.TokenCallers.ReadAny(grandchild.AccessToken));
        Assert.Equal(["revoked", "revoked", "revoked"], await StatesAsync(world.Agent, task.Id));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_of_an_actor_that_was_suspended_is_shown_as_revoked(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var parent = await world.Agent.TokenAsync(
            ("task", task.Id), ("scope", world.Grant()), ("may_act", world.Other.Id));
        var child = await ExchangeAsync(world.Other, parent.AccessToken, world.Grant(), world.Agent.Id);
        await ExchangeAsync(world.Agent, child.AccessToken, world.Grant());

        await broker.Seed.ApplyAsync(
            ((Claim.Effect)broker.Wiring.RevocationLog.RevokePrincipal(world.Other.Id, "test")).Apply);

        Assert.Equal(["active", "revoked", "revoked"], await StatesAsync(world.Agent, task.Id));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_of_a_revoked_key_is_shown_as_revoked(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var key = broker.Wiring.Keys.Rows(Keys.KeyPurpose.Token)[0];

        await broker.Seed.ApplyAsync(
            ((Claim.Effect)broker.Wiring.RevocationLog.RevokeSigningKey(key)).Apply);

        // Asked inside: no management token is left to ask with.
        var wiring = broker.Wiring;
        var records = new RecordStore(wiring.Database);
        var trees = new Server.Tasks.TaskTrees(
            wiring.Tasks, records, new RecordIndexer(wiring.Database), wiring.Revocations.Set, broker.Clock);
        var shown = JsonElement.Parse((await trees.OfAsync(task, CancellationToken.None)).ToJsonString());
        Assert.False(shown.TryGetProperty("behind", out _));
        Assert.Equal(["revoked"], StatesIn(shown.GetProperty("tree")));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Tokens_of_a_family_that_ended_are_shown_as_revoked(Engine engine)
    {
        await using var w = await UserWorld.StartAsync(engine);
        var task = await w.Broker.Seed.TaskAsync(
            w.Agent, w.World.Workflow, row => row with { OnBehalfOf = UserWorld.Alice });
        var first = await w.ExchangeAsync(await w.TokenOfAsync("alice"), ("task", task.Id));
        await w.RefreshAsync(first["refresh_token"]!);
        await w.RefreshAsync(first["refresh_token"]!);

        Assert.Equal(["revoked", "revoked"], await StatesAsync(w.Agent, task.Id));
    }

    private static Task<Reply> ExchangeAsync(TestCaller actor, string subject, string scope, string? mayAct = null) =>
        actor.TokenAsync(
            ("grant_type", GrantTypes.TokenExchange), ("subject_token", subject),
            ("subject_token_type", TokenTypeUri.AccessToken), ("scope", scope), ("may_act", mayAct ?? ""));

    private static async Task<IEnumerable<string?>> StatesAsync(TestCaller agent, string task)
    {
        var shown = await agent.GetAsync($"/v1/tasks/{task}");
        Assert.Equal(200, shown.Status);
        return StatesIn(shown.Json.GetProperty("tree"));
    }

    private static IEnumerable<string?> StatesIn(JsonElement tree) =>
        tree.EnumerateArray().SelectMany(t => t.GetProperty("credentials").EnumerateArray())
            .Select(c => c.GetProperty("state").GetString()).Order(StringComparer.Ordinal);
}
