using System.Diagnostics;
using Npgsql;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// Two replicas on one PostgreSQL, with real clocks: what one acknowledges, the other feels within a second (P3), and
/// one that is cut off refuses within a second (P9).
/// </summary>
public sealed class ReplicaTests : IAsyncLifetime
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(1);
    private TestStore _store = null!;
    private TcpProxy _proxy = null!;
    private TestBroker _one = null!;
    private TestBroker _two = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await TestStore.CreateAsync(Engine.Postgres);
        _one = await TestBroker.StartAsync(_store, TimeProvider.System);
        var direct = new NpgsqlConnectionStringBuilder(_store.PostgresConnection);
        _proxy = new TcpProxy(direct.Port);
        direct.Port = _proxy.Port;
        direct.Host = "127.0.0.1";
        _two = await TestBroker.StartAsync(
            _store, TimeProvider.System, null,
            _ => new Storage.PostgresDatabase(direct.ConnectionString, TimeProvider.System));
    }

    public async ValueTask DisposeAsync()
    {
        _proxy.Restore();
        await _two.DisposeAsync();
        await _one.DisposeAsync();
        await _proxy.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task End_of_a_task_is_felt_at_the_other_replica()
    {
        var world = await _one.Seed.WorldAsync();
        for (var round = 0; round < 5; round++)
        {
            var task = await world.TaskAsync();
            var token = (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).AccessToken;
            await Wait.UntilAsync(() => IsAliveAt(_two, token), "the other replica accepts the token");

            Assert.Equal(200, (await world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { })).Status);

            Assert.False(IsAliveAt(_one, token)); // here at once
            await Wait.UntilAsync(() => !IsAliveAt(_two, token), "the other replica refuses the token", Promise);
            var refused = await world.Agent.At(_two).TokenAsync(("task", task.Id), ("scope", world.Grant()));
            Assert.Equal("task_not_open", refused.Code);
        }
    }

    [Fact]
    public async Task Suspension_is_felt_at_the_other_replica()
    {
        var world = await _one.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var there = world.Agent.At(_two);
        Assert.Equal(200, (await there.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
        var token = await there.ManagementTokenAsync();

        await _one.Seed.ChangeAsync(world.Agent, i => i with { Status = IdentityStatus.Suspended });
        var since = Stopwatch.StartNew();

        // The very next token is decided anew: its transaction finds that the identity is not what it was.
        var next = await there.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        Assert.Equal("identity_not_active", next.Code);
        await Wait.UntilAsync(
            async () => (await there.CallAsync(HttpMethod.Get, "/v1/tasks", null, token)).Status is 401 or 403,
            "its management token is worth nothing", Promise - since.Elapsed);
    }

    [Fact]
    public async Task New_registrations_are_known_at_the_other_replica()
    {
        await _two.Wiring.Registry.CurrentAsync();
        var world = await _one.Seed.WorldAsync();
        var task = await world.TaskAsync();

        var reply = new Reply(0, "", null!, null);
        await Wait.UntilAsync(
            async () =>
            {
                reply = await world.Agent.At(_two).TokenAsync(("task", task.Id), ("scope", world.Grant()));
                return reply.Status == 200;
            },
            "the other replica knows them", Promise);
        Assert.Equal(task.Id, reply["task"]);
    }

    [Theory]
    [InlineData(false)] // the route is lost: nobody answers
    [InlineData(true)] // the connections are reset as well
    public async Task Replica_that_is_cut_off_refuses_within_a_second_and_recovers(bool reset)
    {
        var world = await _one.Seed.WorldAsync();
        var task = await world.TaskAsync();
        var there = world.Agent.At(_two);
        var before = new Reply(0, "", null!, null);
        await Wait.UntilAsync(
            async () =>
                (before = await there.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status == 200,
            "the replica serves");
        var token = before.AccessToken;
        await there.ManagementTokenAsync();

        _proxy.Cut();
        if (reset) _proxy.Sever();
        await Wait.UntilAsync(() => !_two.Wiring.Revocations.IsFresh, "the replica knows that it is blind", Promise);

        var asked = Stopwatch.StartNew();
        var refused = await there.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        var managed = await there.GetAsync("/v1/tasks");
        var introspected = await there.PostFormAsync("/oauth/introspect", ("grant_type", ""), ("token", token));
        Assert.Equal((503, "replica_stale"), (refused.Status, refused.Code));
        Assert.Equal((503, "replica_stale"), (managed.Status, managed.Code));
        Assert.Equal((503, "replica_stale"), (introspected.Status, introspected.Code));
        Assert.True(asked.Elapsed < Promise, $"It took {asked.Elapsed} to refuse three times.");

        // Meanwhile the other one goes on, and ends the task.
        Assert.Equal(200, (await world.Agent.PostAsync($"/v1/tasks/{task.Id}/end", new { })).Status);

        _proxy.Restore();
        await Wait.UntilAsync(
            () => _two.Wiring.Revocations.IsFresh, "the replica sees again", TimeSpan.FromSeconds(20));
        Assert.False(IsAliveAt(_two, token)); // it learned what it missed before it served again
        Reply again = refused;
        await Wait.UntilAsync(
            async () =>
                (again = await there.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status != 503,
            "it takes records again", TimeSpan.FromSeconds(20));
        Assert.Equal("task_not_open", again.Code);
    }

    private static bool IsAliveAt(TestBroker broker, string token) =>
        broker.Wiring.TokenCallers.ReadAny(token) is not null;
}
