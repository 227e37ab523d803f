using System.Diagnostics;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Server.Tests.Access;

namespace Writ.Server.Tests.Audit;

/// <summary>Decisions in OPA's form, carried to a receiver that fails, hangs and comes back.</summary>
public sealed class DecisionLogTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Every_decision_arrives_once_and_in_order(Engine engine)
    {
        await using var receiver = new LogReceiver();
        await using var broker = await StartAsync(engine, receiver, partition: "eu");
        var world = await broker.Seed.WorldAsync();
        await AskAsync(world, 3);

        await broker.Wiring.DecisionLog!.RunAsync();
        await AskAsync(world, 1);
        await broker.Wiring.DecisionLog.RunAsync();
        await broker.Wiring.DecisionLog.RunAsync();

        Assert.Equal(await DecisionsAsync(broker), receiver.Ids);
        Assert.Equal("/opa/logs/eu", receiver.Path);
        Assert.Equal(2, receiver.Requests); // nothing new, nothing sent
        Assert.Equal((0, 0), (broker.Wiring.DecisionLog.Missing, broker.Wiring.DecisionLog.AgeSeconds));
    }

    [Fact]
    public async Task Event_says_what_OPA_would_say()
    {
        await using var receiver = new LogReceiver();
        await using var broker = await StartAsync(Engine.Sqlite, receiver);
        var world = await broker.Seed.WorldAsync();
        await world.Agent.AskAsync(Asking.Question(world.Agent, "orders:delete", world.Orders.Name));
        await world.Agent.AskAsync(Asking.Question(world.Agent, "orders:read", world.Orders.Name));
        var owner = await broker.Seed.OperatorAsync("owner");
        await owner.PostAsync("/v1/data/writ/settings/delegation_depth", new { input = new { a = 1 } });

        await broker.Wiring.DecisionLog!.RunAsync();

        var (no, yes, query) = (receiver.Taken[^4], receiver.Taken[^3], receiver.Taken[^1]);
        Assert.False(no.GetProperty("result").GetProperty("allow").GetBoolean());
        Assert.Equal("not_entitled", no.GetProperty("result").GetProperty("reason").GetString());
        Assert.True(yes.GetProperty("result").GetProperty("allow").GetBoolean());
        Assert.Equal("writ/decision", yes.GetProperty("path").GetString());
        Assert.Equal(world.Agent.Id, yes.GetProperty("requested_by").GetString());
        Assert.Equal(world.Agent.Id, yes.GetProperty("input").GetProperty("subject").GetProperty("id").GetString());
        Assert.Equal(64, yes.GetProperty("bundles").GetProperty("writ").GetProperty("revision").GetString()!.Length);
        Assert.Equal("example.org", yes.GetProperty("labels").GetProperty("id").GetString());
        Assert.Equal(broker.Now, yes.GetProperty("timestamp").GetDateTimeOffset(), TimeSpan.FromSeconds(5));
        Assert.Equal("access.evaluate", yes.GetProperty("custom").GetProperty("kind").GetString());
        Assert.Equal("writ/settings/delegation_depth", query.GetProperty("path").GetString());
        Assert.Equal("""{"a":1}""", query.GetProperty("input").GetRawText());
        Assert.Equal("8", query.GetProperty("result").GetRawText());
        Assert.False(query.TryGetProperty("erased", out _));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    [InlineData(307)]
    [InlineData(0)] // it hangs
    public async Task Receiver_that_is_down_loses_nothing_and_holds_nobody_up(int status)
    {
        await using var receiver = new LogReceiver { Status = status };
        await using var broker = await StartAsync(Engine.Sqlite, receiver, patience: TimeSpan.FromMilliseconds(300));
        var world = await broker.Seed.WorldAsync();
        await AskAsync(world, 1);
        var carrier = broker.Wiring.DecisionLog!;

        var carrying = carrier.RunAsync();
        var began = Stopwatch.GetTimestamp();
        await AskAsync(world, 5); // decided while it is at it
        var took = Stopwatch.GetElapsedTime(began);
        await carrying;
        var requests = receiver.Requests;
        await carrier.RunAsync(); // too early: it is left alone for a while

        Assert.True(took < TimeSpan.FromSeconds(10), $"{took}");
        Assert.Empty(receiver.Taken);
        Assert.Equal(requests, receiver.Requests);
        Assert.NotEqual("/opa/elsewhere", receiver.Path);
        broker.Clock.Advance(TimeSpan.FromSeconds(30));
        await carrier.RunAsync();
        Assert.Equal(requests + 1, receiver.Requests);
        Assert.InRange(carrier.Missing, 6, 1000);
        Assert.InRange(carrier.AgeSeconds, 30, 60);

        receiver.Status = 200;
        broker.Clock.Advance(TimeSpan.FromMinutes(2));
        await carrier.RunAsync();
        Assert.Equal(await DecisionsAsync(broker), receiver.Ids);
        Assert.Equal(0, carrier.Missing);
    }

    [Fact]
    public async Task Receiver_that_nobody_listens_for_is_down_like_any_other()
    {
        var nowhere = new DecisionLogTarget(new Uri("http://127.0.0.1:9"), null, null, TimeSpan.FromSeconds(1));
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: settings => settings with { DecisionLog = nowhere });
        await AskAsync(await broker.Seed.WorldAsync(), 1);

        await broker.Wiring.DecisionLog!.RunAsync();

        Assert.NotEqual(0, broker.Wiring.DecisionLog.Missing);
    }

    [Fact]
    public async Task Batch_that_is_too_large_is_sent_in_parts_and_an_event_without_its_content()
    {
        await using var receiver = new LogReceiver { MostEvents = 2, MostBytes = 6000 };
        await using var broker = await StartAsync(Engine.Sqlite, receiver);
        var world = await broker.Seed.WorldAsync();
        await AskAsync(world, 4);
        await world.Agent.AskAsync(Asking.Question(
            world.Agent, "orders:read", world.Orders.Name, new { text = new string('x', 20_000) }));
        await AskAsync(world, 1);

        await broker.Wiring.DecisionLog!.RunAsync();

        Assert.Equal(await DecisionsAsync(broker), receiver.Ids);
        var bare = Assert.Single(receiver.Taken, e => e.TryGetProperty("erased", out _));
        Assert.Equal("""["/input"]""", bare.GetProperty("erased").GetRawText());
        Assert.False(bare.TryGetProperty("input", out _));
        Assert.True(bare.GetProperty("result").GetProperty("allow").GetBoolean());
    }

    [Fact]
    public async Task Token_is_read_from_its_file_each_time()
    {
        var file = Path.GetTempFileName();
        try
        {
            await using var receiver = new LogReceiver();
            await using var broker = await StartAsync(Engine.Sqlite, receiver, file);
            var world = await broker.Seed.WorldAsync();
            foreach (var token in (string[])["first", "second"])
            {
                await File.WriteAllTextAsync(file, token + "\n");
                await AskAsync(world, 1);
                await broker.Wiring.DecisionLog!.RunAsync();
                Assert.Equal($"Bearer {token}", receiver.Authorization);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Next_replica_goes_on_where_the_last_one_stopped_and_only_one_carries()
    {
        await using var receiver = new LogReceiver { Status = 0 };
        await using var store = await TestStore.CreateAsync(Engine.Postgres);
        await using var one = await TestBroker.StartAsync(store, configure: To(receiver, TimeSpan.FromSeconds(1)));
        await using var other = await TestBroker.StartAsync(store, configure: To(receiver, TimeSpan.FromSeconds(1)));
        await AskAsync(await one.Seed.WorldAsync(), 2);

        var carrying = one.Wiring.DecisionLog!.RunAsync();
        while (receiver.Requests == 0) await Task.Delay(10);
        await other.Wiring.DecisionLog!.RunAsync();
        Assert.Equal(1, receiver.Requests); // the other saw that somebody is at it
        await carrying; // in vain: it hangs
        receiver.Status = 200;
        await other.Wiring.DecisionLog.RunAsync();

        Assert.Equal(await DecisionsAsync(one), receiver.Ids);
        one.Clock.Advance(TimeSpan.FromMinutes(2));
        await one.Wiring.DecisionLog.RunAsync();
        Assert.Equal(await DecisionsAsync(one), receiver.Ids);
    }

    [Fact]
    public async Task Crash_before_the_place_moved_sends_again_and_loses_nothing()
    {
        await using var receiver = new LogReceiver();
        await using var broker = await StartAsync(Engine.Sqlite, receiver);
        await AskAsync(await broker.Seed.WorldAsync(), 2);
        await broker.Wiring.DecisionLog!.RunAsync();
        var all = await DecisionsAsync(broker);

        await broker.Wiring.Database.WriteAsync(tx => RecordStore.MoveReaderAsync(tx, "opa_decision_log", 0));
        await broker.Wiring.DecisionLog.RunAsync();

        Assert.Equal([.. all, .. all], receiver.Ids);
        var places = receiver.Taken.Select(e => e.GetProperty("custom").GetProperty("index").GetInt64()).ToList();
        Assert.Equal(all.Count, places.Distinct().Count()); // by which a receiver tells what came twice
    }

    [Theory]
    [InlineData("http://logs.example.org")]
    [InlineData("https://user:secret@logs.example.org")]
    [InlineData("https://logs.example.org/?token=secret")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("logs")]
    public void Address_that_shows_a_secret_or_is_open_to_all_is_refused(string url)
    {
        var options = new ServerOptions();
        options.Decisions.Log.Url = url;

        var error = Assert.Throws<FormatException>(() => options.Check("https://broker.example.org", null));

        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    private static async Task AskAsync(TestWorld world, int times)
    {
        for (var n = 0; n < times; n++)
            await world.Agent.AskAsync(Asking.Question(world.Agent, "orders:read", world.Orders.Name));
    }

    /// <summary>The decisions in the log, in its order.</summary>
    private static async Task<IReadOnlyList<string>> DecisionsAsync(TestBroker broker) =>
    [
        .. (await broker.RecordsAsync()).Where(r => r.TryGetProperty("decision_id", out _))
            .Select(r => r.GetProperty("decision_id").GetString()!),
    ];

    private static Task<TestBroker> StartAsync(
        Engine engine, LogReceiver receiver, string? tokenFile = null, string? partition = null,
        TimeSpan? patience = null) => TestBroker.StartAsync(engine, configure: To(
            receiver, patience ?? TimeSpan.FromSeconds(10), tokenFile, partition));

    private static Func<Settings, Settings> To(
        LogReceiver receiver, TimeSpan patience, string? tokenFile = null, string? partition = null) => settings =>
        settings with { DecisionLog = new DecisionLogTarget(receiver.Url, partition, tokenFile, patience) };
}
