using System.Diagnostics;
using Npgsql;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// Two replicas as they run: two processes on one PostgreSQL, each behind a way to it that the test can cut, and at
/// each an API of the SDK that follows its feed. What one acknowledges all feel within a second (P3); who is cut off
/// refuses within a second (P9).
/// </summary>
public sealed class ReplicaProcessTests : IAsyncLifetime
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);
    private readonly Replica[] _replicas = new Replica[2];
    private readonly Queue<TaskRow> _tasks = new();
    private TestStore _store = null!;
    private TestWorld _world = null!;

    // xunit disposes nothing whose start failed, and a process would stay behind.
    public async ValueTask InitializeAsync()
    {
        try
        {
            _store = await TestStore.CreateAsync(Engine.Postgres);
            TestCaller api;
            await using (var seed = await TestBroker.StartAsync(_store, TimeProvider.System))
            {
                _world = await seed.Seed.WorldAsync();
                api = await seed.Seed.IdentityAsync(
                    Seed.Name("workload/orders"), [], row => row with { Kind = "workload" });
                for (var i = 0; i < 12; i++) _tasks.Enqueue(await _world.TaskAsync());
            }
            for (var i = 0; i < _replicas.Length; i++)
                _replicas[i] = await Replica.StartAsync(_store, _world, api);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            if (replica is not null) await replica.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public async Task End_of_a_task_is_felt_at_the_other_replica_and_by_those_who_follow_it(int issues, int ends)
    {
        var (here, there) = (_replicas[issues], _replicas[ends]);
        for (var round = 0; round < 3; round++)
        {
            var task = _tasks.Dequeue();
            var token = await here.TokenAsync(task.Id);
            foreach (var replica in _replicas) await replica.AcceptsAsync(token);

            await there.EndAsync(task.Id);
            var since = Stopwatch.StartNew();

            Assert.False(await there.IsActiveAsync(token)); // where it was acknowledged, at once
            await Wait.UntilAsync(
                async () => !await here.IsActiveAsync(token), "the other's introspection refuses",
                Promise - since.Elapsed);
            foreach (var replica in _replicas)
                await Wait.UntilAsync(
                    async () => (await replica.CallApiAsync(token)).Code == "token_revoked", "the verifiers refuse",
                    Promise - since.Elapsed);
            Assert.Equal("task_not_open", (await here.AskAsync(task.Id)).Code);
        }
    }

    [Theory]
    [InlineData(false)] // the route is lost: nobody answers
    [InlineData(true)] // the connections are reset as well
    public async Task Replica_that_is_cut_off_refuses_within_a_second_falls_silent_and_recovers(bool reset)
    {
        var (cut, other) = (_replicas[0], _replicas[1]);
        var (doomed, spared) = (_tasks.Dequeue().Id, _tasks.Dequeue().Id);
        var (token, good) = (await cut.TokenAsync(doomed), await cut.TokenAsync(spared));
        await cut.AcceptsAsync(token);
        await cut.AcceptsAsync(good);

        cut.Way.Cut();
        if (reset) cut.Way.Sever();
        var since = Stopwatch.StartNew();
        await other.EndAsync(doomed);
        // From here on the end is acknowledged, though the one that is cut off cannot hear of it.
        await Wait.UntilAsync(
            async () => !await cut.SeesAsync(), "it knows that it is blind", Promise - since.Elapsed);
        await Wait.UntilAsync(
            async () => (await cut.CallApiAsync(token)).Status is 401 or 503, "who follows its feed refuses",
            Promise - since.Elapsed);

        var asked = Stopwatch.StartNew();
        foreach (var refused in (Reply[])[await cut.AskAsync(spared), await cut.IntrospectAsync(token)])
            Assert.Equal((503, "replica_stale"), (refused.Status, refused.Code));
        Assert.True(asked.Elapsed < Promise + Promise, $"It took {asked.Elapsed} to refuse twice."); // it never hangs
        Assert.False(cut.Api.IsFresh); // no heartbeat is spoken any more
        await Task.Delay(Promise);
        Assert.False(cut.Api.IsFresh);
        Assert.Equal("verifier_stale", (await cut.CallApiAsync(good)).Code); // when in doubt, no
        Assert.True(await other.IsActiveAsync(good)); // and where there is no doubt, yes

        cut.Way.Restore();
        await Wait.UntilAsync(
            async () => await IsBackAsync(cut, spared) && cut.Api.IsFresh, "it recovers by itself",
            TimeSpan.FromSeconds(30));
        Assert.False(await cut.IsActiveAsync(token)); // it learned what it missed before it served again
        Assert.Equal("token_revoked", (await cut.CallApiAsync(token)).Code);
        await cut.AcceptsAsync(good);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public async Task What_one_replica_took_is_a_replay_at_the_other(int first, int second)
    {
        var (one, two) = (_replicas[first], _replicas[second]);
        var task = _tasks.Dequeue().Id;
        await one.TokenAsync(task); // brings a nonce, which both know
        var form = one.Agent.Form(("task", task), ("scope", _world.Grant()));
        var proof = one.Agent.Proof("POST", "/oauth/token");
        Assert.Equal(200, (await one.SendAsync(form, proof)).Status);

        var both = await two.SendAsync(form, proof);
        var assertion = await two.SendAsync(form, one.Agent.Proof("POST", "/oauth/token"));
        var proven = await two.SendAsync(one.Agent.Form(("task", task), ("scope", _world.Grant())), proof);

        Assert.Equal((401, "assertion_replayed"), (both.Status, both.Code));
        Assert.Equal((401, "assertion_replayed"), (assertion.Status, assertion.Code));
        Assert.Equal((400, "proof_replayed"), (proven.Status, proven.Code));
    }

    private static async Task<bool> IsBackAsync(Replica replica, string task) =>
        (await replica.AskAsync(task)).Status == 200;

    /// <summary>A process, the way to its store, and an API that follows its feed.</summary>
    private sealed class Replica(TestWorld world, TcpProxy way, BrokerProcess process) : IAsyncDisposable
    {
        public TcpProxy Way => way;

        public VerifyingApi Api { get; private set; } = null!;

        public TestCaller Agent { get; } = world.Agent.At(process.Target);

        public static async Task<Replica> StartAsync(TestStore store, TestWorld world, TestCaller api)
        {
            var direct = new NpgsqlConnectionStringBuilder(store.PostgresConnection);
            var way = new TcpProxy(direct.Port);
            (direct.Host, direct.Port) = ("127.0.0.1", way.Port);
            var process = await BrokerProcess.StartAsync(store, ("WRIT_POSTGRES", direct.ConnectionString));
            var replica = new Replica(world, way, process);
            replica.Api = await VerifyingApi.StartAsync(process.Target, api, world.Orders);
            await Wait.UntilAsync(() => replica.Api.IsFresh, "the feed is followed", TimeSpan.FromSeconds(30));
            await replica.Agent.ManagementTokenAsync(); // so that an end is one request
            return replica;
        }

        public Task<Reply> AskAsync(string task) => Agent.TokenAsync(("task", task), ("scope", world.Grant()));

        public async Task<string> TokenAsync(string task) => (await AskAsync(task)).AccessToken;

        public async Task EndAsync(string task) =>
            Assert.Equal(200, (await Agent.PostAsync($"/v1/tasks/{task}/end", new { })).Status);

        /// <summary>Whether it says that it sees its store; asks the store nothing.</summary>
        public async Task<bool> SeesAsync()
        {
            using var answer = await process.Target.Http.GetAsync("/readyz/store");
            return answer.IsSuccessStatusCode;
        }

        public Task<Reply> CallApiAsync(string token) => Api.AskAsync(Agent, token);

        public Task<Reply> IntrospectAsync(string token) =>
            Agent.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token));

        public async Task<bool> IsActiveAsync(string token)
        {
            var reply = await IntrospectAsync(token);
            Assert.True(reply.Status == 200, reply.ToString());
            return reply.Json.GetProperty("active").GetBoolean();
        }

        /// <summary>Waits until it takes the token, and so does the API that follows it.</summary>
        public async Task AcceptsAsync(string token)
        {
            Assert.True(await IsActiveAsync(token));
            var reply = new Reply(0, "", null!, null);
            await Wait.UntilAsync(
                async () => (reply = await CallApiAsync(token)).Status == 200 && Api.IsFresh,
                "the API takes the token");
        }

        /// <summary>Sends a request to the token endpoint as it is.</summary>
        public async Task<Reply> SendAsync(List<KeyValuePair<string, string>> form, string proof)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth/token")
            {
                Content = new FormUrlEncodedContent(form),
            };
            request.Headers.Add("DPoP", proof);
            return await Reply.OfAsync(await process.Target.Http.SendAsync(request));
        }

        public async ValueTask DisposeAsync()
        {
            way.Restore();
            if (Api is not null) await Api.DisposeAsync();
            await process.DisposeAsync();
            await way.DisposeAsync();
        }
    }
}
