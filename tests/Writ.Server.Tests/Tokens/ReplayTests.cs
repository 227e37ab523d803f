using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>What was used once is used up: at the same replica, after a restart, at another replica.</summary>
public sealed class ReplayTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Replayed_assertion_and_proof_are_refused_also_after_a_restart(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        var clock = FakeTimeProvider.AtPresent();
        Captured captured;
        await using (var first = await TestBroker.StartAsync(store, clock))
        {
            captured = await Captured.MakeAsync(first);
            await RefusedAsync(first, captured);
        }

        await using var second = await TestBroker.StartAsync(store, clock);

        await RefusedAsync(second, captured);
    }

    [Fact]
    public async Task Replayed_assertion_and_proof_are_refused_at_another_replica()
    {
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestBroker.StartAsync(store, TimeProvider.System);
        await using var two = await TestBroker.StartAsync(store, TimeProvider.System);

        var captured = await Captured.MakeAsync(one);

        await RefusedAsync(two, captured);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Of_many_equal_requests_at_once_one_gets_a_token(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        world.Agent.TakeNonce();
        var form = world.Agent.Form(("task", task.Id), ("scope", world.Grant()));
        var proof = world.Agent.Proof("POST", "/oauth/token");

        var replies = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Captured.SendAsync(broker, form, proof)));

        Assert.Single(replies, r => r.Status == 200);
        Assert.All(replies.Where(r => r.Status != 200), r => Assert.Equal("assertion_replayed", r.Code));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Replayed_management_call_is_refused(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var token = await world.Agent.ManagementTokenAsync();
        var proof = world.Agent.Proof("GET", "/v1/tasks", token);
        Assert.Equal(200, (await SendAsync()).Status);

        await Attempt.IsRefusedAsync(broker, SendAsync, 401, "proof_replayed");

        Task<Reply> SendAsync()
        {
            var request = new HttpRequestMessage(HttpMethod.Get, "/v1/tasks");
            request.Headers.Add("Authorization", $"DPoP {token}");
            request.Headers.Add("DPoP", proof);
            return world.Agent.SendAsync(request);
        }
    }

    private static async Task RefusedAsync(TestBroker broker, Captured captured)
    {
        // Both at once, the assertion under a new proof, the proof under a new assertion.
        var agent = captured.Agent.At(broker);
        agent.TakeNonce();
        await Attempt.IsRefusedAsync(
            broker, () => Captured.SendAsync(broker, captured.Form, captured.Proof), 401, "invalid_client");
        await Attempt.IsRefusedAsync(
            broker, () => Captured.SendAsync(broker, captured.Form, agent.Proof("POST", "/oauth/token")),
            401, "invalid_client", "assertion_replayed");
        var fresh = agent.Form(("task", captured.Task));
        await Attempt.IsRefusedAsync(
            broker, () => Captured.SendAsync(broker, fresh, captured.Proof), 400, "invalid_dpop_proof",
            "proof_replayed");
    }

    /// <summary>A request that somebody recorded while it succeeded.</summary>
    private sealed record Captured(
        TestCaller Agent, string Task, List<KeyValuePair<string, string>> Form, string Proof)
    {
        public static async Task<Captured> MakeAsync(TestBroker broker)
        {
            var world = await broker.Seed.WorldAsync();
            var task = await world.TaskAsync();
            world.Agent.TakeNonce();
            var captured = new Captured(
                world.Agent, task.Id, world.Agent.Form(("task", task.Id), ("scope", world.Grant())),
                world.Agent.Proof("POST", "/oauth/token"));
            Assert.Equal(200, (await SendAsync(broker, captured.Form, captured.Proof)).Status);
            return captured;
        }

        public static async Task<Reply> SendAsync(
            TestBroker broker, List<KeyValuePair<string, string>> form, string proof)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
            {
                Content = new FormUrlEncodedContent(form),
            };
            request.Headers.Add("DPoP", proof);
            return await Reply.OfAsync(await broker.Http.SendAsync(request));
        }
    }
}
