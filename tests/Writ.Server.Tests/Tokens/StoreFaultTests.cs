using System.Text.Json;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// Every durable write of the road, with its two faults: failed and not persisted, failed but persisted. After every
/// step one invariant: each token handed out has its record, each acknowledged end holds; and no fault is a 500.
/// </summary>
public sealed class StoreFaultTests
{
    public static TheoryData<Engine, Fault> Faults => new()
    {
        { Engine.Sqlite, Fault.NotPersisted }, { Engine.Sqlite, Fault.Persisted },
        { Engine.Postgres, Fault.NotPersisted }, { Engine.Postgres, Fault.Persisted },
    };

    [Theory, MemberData(nameof(Faults))]
    public async Task Fault_is_a_503_and_nothing_is_handed_out(Engine engine, Fault fault)
    {
        await using var stage = await Stage.OpenAsync(engine);
        var task = await stage.World.TaskAsync();

        stage.Store.Fault = fault;
        var token = await stage.AskAsync(task.Id);
        var ended = await stage.EndAsync(task.Id);
        var unknown = await new TestCaller(stage.Broker, "spiffe://example.org/agent/x").TokenAsync();
        stage.Store.Fault = Fault.None;

        Assert.Equal((503, "store_unavailable"), (token.Status, token.Code));
        Assert.Equal((503, "store_unavailable"), (ended.Status, ended.Code));
        Assert.Equal((503, "store_unavailable"), (unknown.Status, unknown.Code));
        Assert.Equal("temporarily_unavailable", token.Error);
        await stage.HoldsAsync();
    }

    [Theory, MemberData(nameof(Faults))]
    public async Task Same_request_after_a_fault_is_a_replay_exactly_when_it_was_persisted(Engine engine, Fault fault)
    {
        await using var stage = await Stage.OpenAsync(engine);
        var task = await stage.World.TaskAsync();
        var agent = stage.World.Agent;
        agent.TakeNonce();
        var form = agent.Form(("task", task.Id), ("scope", stage.World.Grant()));
        var proof = agent.Proof("POST", "/oauth/token");

        stage.Store.Fault = fault;
        Assert.Equal(503, (await SendAsync()).Status);
        stage.Store.Fault = Fault.None;
        var second = await SendAsync();

        Assert.Equal(fault == Fault.Persisted ? 401 : 200, second.Status);
        await stage.HoldsAsync();

        Task<Reply> SendAsync()
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
            {
                Content = new FormUrlEncodedContent(form),
            };
            request.Headers.Add("DPoP", proof);
            return agent.SendAsync(request);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Invariant_holds_after_every_step_with_faults_at_every_third(Engine engine)
    {
        await using var stage = await Stage.OpenAsync(engine);
        var faults = new[] { Fault.None, Fault.NotPersisted, Fault.None, Fault.Persisted };
        for (var step = 0; step < 36; step++)
        {
            var task = await stage.World.TaskAsync();
            await stage.AskAsync(task.Id);
            stage.Store.Fault = faults[step % 4];
            await stage.AskAsync(task.Id);
            stage.Store.Fault = faults[step / 4 % 4];
            var ended = await stage.EndAsync(task.Id);
            stage.Store.Fault = Fault.None;
            await stage.HoldsAsync();
            // Whatever became of the first try, the second one ends it.
            if (ended.Status != 200) Assert.Equal(200, (await stage.EndAsync(task.Id)).Status);
            await stage.HoldsAsync();
        }
    }

    /// <summary>A broker on a faulty store, and the memory of all that it promised.</summary>
    private sealed class Stage(TestStore files, TestBroker broker, FaultyDatabase store, TestWorld world)
        : IAsyncDisposable
    {
        private readonly List<Reply> _tokens = [];
        private readonly HashSet<string> _ended = [];

        public TestBroker Broker => broker;

        public FaultyDatabase Store => store;

        public TestWorld World => world;

        public static async Task<Stage> OpenAsync(Engine engine)
        {
            var files = await TestStore.CreateAsync(engine);
            var clock = FakeTimeProvider.AtPresent();
            await (await files.OpenMigratedAsync(clock)).DisposeAsync();
            FaultyDatabase? store = null;
            var broker = await TestBroker.StartAsync(files, clock, null, inner => store = new FaultyDatabase(inner));
            var world = await broker.Seed.WorldAsync();
            world.Agent.TakeNonce();
            await world.Agent.ManagementTokenAsync();
            return new Stage(files, broker, store!, world);
        }

        public async Task<Reply> AskAsync(string task)
        {
            var reply = await world.Agent.TokenAsync(("task", task), ("scope", world.Grant()));
            if (reply.Status == 200) _tokens.Add(reply);
            else Assert.Contains(reply.Status, new[] { 400, 503 });
            return reply;
        }

        public async Task<Reply> EndAsync(string task)
        {
            var reply = await world.Agent.PostAsync($"/v1/tasks/{task}/end", new { });
            if (reply.Status == 200) _ended.Add(task);
            else Assert.Equal(503, reply.Status);
            return reply;
        }

        /// <summary>Each token handed out has its record; none of a task whose end was acknowledged is alive.</summary>
        public async Task HoldsAsync()
        {
            var recorded = (await broker.RecordsAsync())
                .Where(r => r.GetProperty("outcome").GetString() == "allow" && r.TryGetProperty("jti", out _))
                .Select(r => r.GetProperty("jti").GetString()).ToHashSet();
            foreach (var reply in _tokens)
            {
                var payload = reply.AccessToken.Split('.')[1];
                var claims = JsonElement.Parse(Convert.FromBase64String(
                    payload.Replace('-', '+').Replace('_', '/').PadRight((payload.Length + 3) / 4 * 4, '=')));
                Assert.Contains(claims.GetProperty("jti").GetString(), recorded);
                if (_ended.Contains(reply["task"]!))
                    Assert.Null(broker.Wiring.TokenCallers.ReadAny(reply.AccessToken));
            }
        }

        public async ValueTask DisposeAsync()
        {
            store.Fault = Fault.None;
            await broker.DisposeAsync();
            await files.DisposeAsync();
        }
    }
}
