using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>The end of a token at /oauth/revoke: decided, recorded, and by nobody who may not.</summary>
public sealed class RevocationEndpointTests(SharedBrokers brokers) : IClassFixture<SharedBrokers>
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Client_ends_its_own_token_by_a_decision(Engine engine)
    {
        var (broker, world, token) = await TokenAsync(engine);

        var record = await RevokedAsync(broker, world.Agent, token);

        Assert.False(IsAlive(broker, token));
        Assert.Equal("allow", record.GetProperty("outcome").GetString());
        Assert.StartsWith("dec_", record.GetProperty("decision_id").GetString(), StringComparison.Ordinal);
        Assert.Equal(64, record.GetProperty("grant").GetString()!.Length);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Token_outlives_whoever_may_not_end_it(Engine engine)
    {
        var (broker, world, token) = await TokenAsync(engine);
        var staff = await Staff.HireAsync(broker);

        foreach (var (caller, code) in new[]
        {
            (staff.Viewer, "role_too_low"), (staff.Stranger, "outside_team"), (world.Other, "not_yours"),
        })
        {
            var (reply, record) = await AskAsync(broker, caller, token);

            Assert.Equal((403, code), (reply.Status, reply.Code));
            Assert.Equal(record.GetProperty("decision_id").GetString(), (string?)reply["decision_id"]);
            Assert.Equal(
                ("deny", code), (record.GetProperty("outcome").GetString(), record.GetProperty("reason").GetString()));
            Assert.StartsWith("dec_", record.GetProperty("decision_id").GetString(), StringComparison.Ordinal);
            Assert.True(IsAlive(broker, token));
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Operator_ends_tokens_of_the_team(Engine engine)
    {
        var (broker, _, token) = await TokenAsync(engine);
        var staff = await Staff.HireAsync(broker);

        await RevokedAsync(broker, staff.Operator, token);

        Assert.False(IsAlive(broker, token));
    }

    // The caches of this replica still call her an operator: the transaction knows better.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Role_that_was_taken_a_moment_ago_ends_nothing(Engine engine)
    {
        var (broker, _, token) = await TokenAsync(engine);
        var staff = await Staff.HireAsync(broker);
        await staff.Operator.TokenAsync(("resource", broker.Issuer)); // she is in the cache
        await broker.Wiring.Database.WriteAsync(tx => tx.ExecuteAsync(
            "UPDATE operator SET role = 'viewer', version = version + 1 WHERE id = @Id", new { staff.Operator.Id }));

        var (reply, record) = await AskAsync(broker, staff.Operator, token);

        Assert.Equal((403, "role_too_low"), (reply.Status, reply.Code));
        Assert.Equal("role_too_low", record.GetProperty("reason").GetString());
        Assert.True(IsAlive(broker, token));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_token_without_the_action_ends_nothing(Engine engine)
    {
        var (broker, world, token) = await TokenAsync(engine);
        var narrow = (await world.Agent.TokenAsync(("resource", broker.Issuer), ("scope", "task:read"))).AccessToken;
        world.Agent.TakeNonce();

        await Attempt.IsRefusedAsync(
            broker, () => world.Agent.SendAsync(Request(world.Agent, narrow, token)), 403, "insufficient_scope");

        Assert.True(IsAlive(broker, token));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Proof_is_good_once_whatever_came_of_it(Engine engine)
    {
        var (broker, world, token) = await TokenAsync(engine);
        var management = await world.Agent.ManagementTokenAsync();
        foreach (var what in new[] { "nothing of ours", token })
        {
            world.Agent.TakeNonce();
            var proof = world.Agent.Proof("POST", "/oauth/revoke", management);
            var first = await world.Agent.SendAsync(Request(world.Agent, management, what, proof));
            Assert.Equal(200, first.Status);

            await Attempt.IsRefusedAsync(
                broker, () => world.Agent.SendAsync(Request(world.Agent, management, what, proof)), 400,
                "invalid_dpop_proof", "proof_replayed");
        }
    }

    [Fact]
    public async Task Replica_that_lost_sight_of_the_store_judges_nothing()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { Freshness = TimeSpan.Zero });
        var agent = await broker.Seed.IdentityAsync("agent/a", []);

        var revoked = await agent.PostFormAsync("/oauth/revoke", ("grant_type", ""), ("token", "x"));
        var enrolled = await Governance.BootstrapTests.EnrolAsync(broker, agent, "writcode_x", "alice");

        Assert.Equal((503, "replica_stale"), (revoked.Status, revoked.Code));
        Assert.Equal((503, "replica_stale"), (enrolled.Status, enrolled.Code));
    }

    private async Task<(TestBroker, TestWorld, string)> TokenAsync(Engine engine)
    {
        var broker = await brokers.OfAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        return (broker, world, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken);
    }

    /// <summary>Ends a token; the record says so.</summary>
    private static async Task<JsonElement> RevokedAsync(TestBroker broker, TestCaller caller, string token)
    {
        var (reply, record) = await AskAsync(broker, caller, token);
        Assert.Equal(200, reply.Status);
        return record;
    }

    /// <summary>Asks for the end of a token: the answer, and what the record says was made of it.</summary>
    private static async Task<(Reply, JsonElement)> AskAsync(TestBroker broker, TestCaller caller, string token)
    {
        caller.TakeNonce();
        var head = await broker.HeadAsync();
        var reply = await caller.PostFormAsync("/oauth/revoke", ("grant_type", ""), ("token", token));
        return (reply, Assert.Single(
            await broker.RecordsAsync(head), r => r.GetProperty("kind").GetString() == "token.revoke"));
    }

    private static HttpRequestMessage Request(
        TestCaller caller, string management, string token, string? proof = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/revoke")
        {
            Content = new FormUrlEncodedContent([new("token", token)]),
        };
        request.Headers.Add("Authorization", $"DPoP {management}");
        request.Headers.Add("DPoP", proof ?? caller.Proof("POST", "/oauth/revoke", management));
        return request;
    }

    private static bool IsAlive(TestBroker broker, string token) =>
        broker.Wiring.TokenCallers.ReadAny(token) is not null;
}
