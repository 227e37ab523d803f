using System.Net;
using Writ.Protocol;
using Writ.Server.Revocations;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Revocations;

/// <summary>The broker's side of the feed: what a reader is told first, what it resumes with, how many there may be.
/// </summary>
public sealed class RevocationFeedTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Broker_whose_feed_keys_have_all_retired_starts(Engine engine)
    {
        await using var store = await TestStore.CreateAsync(engine);
        await using (var before = await TestBroker.StartAsync(store))
            await before.Seed.ApplyAsync(Do(before.Wiring.RevocationLog.RevokeToken(
                "some token", DateTimeOffset.MaxValue, "test")));

        var later = new FakeTimeProvider(FakeTimeProvider.AtPresent().GetUtcNow().AddDays(60));
        await using var after = await TestBroker.StartAsync(store, later);
        var world = await after.Seed.WorldAsync();
        await using var reader = await FeedReader.OpenAsync(after, world.Agent);

        var first = Assert.IsType<RevocationFeedMessage.Snapshot>(await reader.NextAsync());
        Assert.Contains(first.Entries, e => e.Handle == RevocationHandle.Token("some token"));
    }

    [Fact]
    public async Task Snapshot_comes_in_parts_that_make_one()
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        const int count = 10_000;
        var longest = new string('x', 640); // as an id may be; so many in one message no verifier would take
        await RevokeAsync(broker, count, longest);

        var sets = new List<RevocationSet>();
        for (var readers = 0; readers < 2; readers++)
        {
            await using var reader = await FeedReader.OpenAsync(broker, world.Agent);
            var set = new RevocationSet();
            for (var part = 0; part < 3; part++)
            {
                Assert.Equal(0, set.Count); // nothing counts before all of it has come
                Assert.Equal("", reader.LastEventId); // and nobody resumes in the middle of it
                Assert.True(set.Apply(await reader.NextAsync()));
            }
            Assert.Equal(count, set.Count);
            sets.Add(set);
        }
        Assert.Equal(sets[0].Index, sets[1].Index); // made once, told twice
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Reader_that_shares_an_older_snapshot_hears_what_came_after_it(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        await using var first = await FeedReader.OpenAsync(broker, world.Agent);
        await first.NextAsync();
        var task = await world.TaskAsync();
        await broker.Seed.EndTaskAsync(task.Id);
        Assert.Equal(task.Id, Assert.IsType<RevocationFeedMessage.Revoked>(await first.NextAsync()).Entry.Handle.Value);

        await using var second = await FeedReader.OpenAsync(broker, world.Agent);
        var set = new RevocationSet();
        while (await second.NextOfAnyKindAsync() is { } message and not RevocationFeedMessage.Heartbeat)
            Assert.True(set.Apply(message));

        Assert.True(set.IsRevoked([RevocationHandle.Task(task.Id)], broker.Now, out _));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Reader_resumes_behind_the_index_it_heard_and_misses_nothing(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        string resume;
        var ended = new List<string>();
        await using (var reader = await FeedReader.OpenAsync(broker, world.Agent))
        {
            await reader.NextAsync();
            ended.Add(await EndAsync(broker, world));
            await reader.NextAsync();
            resume = reader.LastEventId;
        }
        ended.Add(await EndAsync(broker, world));
        ended.Add(await EndAsync(broker, world));
        await Wait.UntilAsync(() => broker.Wiring.Revocations.Set.Count == 3, "it is known");

        var colon = resume.LastIndexOf(':');
        await using var again = await FeedReader.OpenAsync(
            broker, world.Agent, $"?epoch={resume[..colon]}&after={resume[(colon + 1)..]}");
        var heard = new[] { await again.NextAsync(), await again.NextAsync() }
            .Select(m => Assert.IsType<RevocationFeedMessage.Revoked>(m).Entry.Handle.Value);

        Assert.Equal(ended.Skip(1), heard);
    }

    [Theory]
    [InlineData("?epoch=another&after=0")]
    [InlineData("?epoch=EPOCH&after=999999")] // of a future that this store has not seen: restored from a backup
    public async Task Index_of_another_past_gets_a_snapshot(string query)
    {
        await using var broker = await TestBroker.StartAsync(Engine.Sqlite);
        var world = await broker.Seed.WorldAsync();
        query = query.Replace("EPOCH", broker.Wiring.Revocations.Set.Epoch, StringComparison.Ordinal);

        await using var reader = await FeedReader.OpenAsync(broker, world.Agent, query);

        Assert.IsType<RevocationFeedMessage.Snapshot>(await reader.NextAsync());
    }

    [Fact]
    public async Task Readers_are_limited_by_identity_and_in_all_and_their_places_come_back()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, TimeProvider.System, s => s with { MaxFeedReaders = 3, MaxFeedReadersEach = 2 });
        var (api, other) = (await WorkloadAsync(broker), await WorkloadAsync(broker));
        await using var one = await FeedReader.OpenAsync(broker, api);
        var two = await FeedReader.OpenAsync(broker, api);
        await IsFullAsync(broker, api);
        await using var three = await FeedReader.OpenAsync(broker, other);
        await IsFullAsync(broker, other);

        await two.DisposeAsync();

        await Wait.UntilAsync(() => broker.Wiring.FeedEndpoint.Places.Count == 2, "the place is free");
        await using var next = await FeedReader.OpenAsync(broker, other);
    }

    [Fact]
    public async Task Agents_take_no_places_of_those_who_verify()
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, TimeProvider.System, s => s with { MaxFeedReaders = 12 });
        var world = await broker.Seed.WorldAsync();
        var one = await FeedReader.OpenAsync(broker, world.Agent);
        await using var two = await FeedReader.OpenAsync(broker, world.Agent);
        await IsFullAsync(broker, world.Agent); // two each
        await using var three = await FeedReader.OpenAsync(broker, world.Other);
        await IsFullAsync(broker, world.Other); // a quarter in all

        var api = await WorkloadAsync(broker);
        var verifiers = new List<FeedReader>();
        for (var i = 0; i < 9; i++) verifiers.Add(await FeedReader.OpenAsync(broker, api));
        await one.DisposeAsync();

        await Wait.UntilAsync(() => broker.Wiring.FeedEndpoint.Places.Count == 11, "the place is free");
        await (await FeedReader.OpenAsync(broker, world.Other)).DisposeAsync();
        foreach (var verifier in verifiers) await verifier.DisposeAsync();
    }

    [Fact]
    public async Task Open_streams_do_not_hold_a_shutdown_up()
    {
        var broker = await TestBroker.StartAsync(Engine.Sqlite, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        var owner = await broker.Seed.OperatorAsync(Seed.Name("owner"));
        using var http = new HttpClient { BaseAddress = broker.Http.BaseAddress };
        using var feed = await FeedReader.StreamAsync(http, world.Agent, "/v1/revocations/feed");
        using var tail = await FeedReader.StreamAsync(http, owner, "/v1/records/tail");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (feed.StatusCode, tail.StatusCode));

        // The host gives up on open requests after 30 s: that is what it would take.
        await broker.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    // Each of them signed apart, for each reader, would be hours of a processor for one commit.
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Many_at_once_are_told_in_a_snapshot_made_once_for_all(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        var world = await broker.Seed.WorldAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var readers = new List<IAsyncEnumerator<FeedLine>>();
        for (var i = 0; i < 3; i++)
        {
            readers.Add(broker.Wiring.Feed.ReadAsync(null, null, limit.Token).GetAsyncEnumerator(limit.Token));
            while (await readers[i].MoveNextAsync() && readers[i].Current.Kind != "heartbeat")
                Assert.Equal("snapshot", readers[i].Current.Kind);
        }

        await RevokeAsync(broker, RevocationFeed.MostSingly + 1);
        var snapshots = new List<FeedLine>();
        foreach (var reader in readers) snapshots.Add(await NextAsync(reader));
        var ended = await EndAsync(broker, world);
        var after = new List<FeedLine>();
        foreach (var reader in readers) after.Add(await NextAsync(reader));

        // Byte by byte: no two signatures of one text are the same.
        Assert.Equal("snapshot", Assert.Single(snapshots.Distinct()).Kind);
        Assert.Equal("revoked", Assert.Single(after.Distinct()).Kind);
        Assert.True(broker.Wiring.Revocations.Set.IsRevoked([RevocationHandle.Task(ended)], broker.Now, out _));
        foreach (var reader in readers) await reader.DisposeAsync();
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Reader_that_missed_many_hears_the_snapshot_that_all_share(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        await broker.Seed.WorldAsync();
        var heard = await broker.HeadAsync() - 1;
        await RevokeAsync(broker, RevocationFeed.MostSingly + 1);

        var lines = new List<FeedLine>();
        for (var i = 0; i < 2; i++)
        {
            lines.AddRange(await ResumeAsync(broker, heard));
            Assert.Equal("snapshot", lines[^1].Kind);
        }
        Assert.Single(lines.Distinct());
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_readers_missed_is_signed_once_for_all_of_them(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, TimeProvider.System);
        await broker.Seed.WorldAsync();
        var heard = await broker.HeadAsync() - 1;
        await RevokeAsync(broker, RevocationFeed.MostSingly);

        var first = await ResumeAsync(broker, heard);
        var second = await ResumeAsync(broker, heard);

        Assert.Equal(RevocationFeed.MostSingly, first.Count);
        Assert.All(first, line => Assert.Equal("revoked", line.Kind));
        Assert.Equal(first, second);
    }

    /// <summary>Revokes so many tokens in one record, and waits until it is spoken of.</summary>
    private static async Task RevokeAsync(TestBroker broker, int count, string stem = "at")
    {
        var end = broker.Now.AddHours(1);
        var index = await broker.HeadAsync();
        var spoken = -1L;
        void Hear(IReadOnlyList<RevocationRow> rows, long last) => Volatile.Write(ref spoken, last);
        broker.Wiring.Revocations.Learned += Hear; // told after the feed, which came before it
        await broker.Seed.ApplyAsync(async tx =>
        {
            for (var i = 0; i < count; i++)
                await Do(broker.Wiring.RevocationLog.RevokeToken($"{stem}_{i}", end, "test"))(tx);
            return null;
        });
        await Wait.UntilAsync(() => Volatile.Read(ref spoken) >= index, "it is spoken of");
        broker.Wiring.Revocations.Learned -= Hear;
    }

    /// <summary>All that is told before the first heartbeat.</summary>
    private static async Task<List<FeedLine>> ResumeAsync(TestBroker broker, long after)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var lines = new List<FeedLine>();
        var epoch = broker.Wiring.Revocations.Set.Epoch;
        await foreach (var line in broker.Wiring.Feed.ReadAsync(epoch, after, limit.Token))
        {
            if (line.Kind == "heartbeat") break;
            lines.Add(line);
        }
        return lines;
    }

    private static async Task<FeedLine> NextAsync(IAsyncEnumerator<FeedLine> reader)
    {
        while (await reader.MoveNextAsync())
            if (reader.Current.Kind != "heartbeat") return reader.Current;
        throw new InvalidOperationException("The stream ended.");
    }

    private static async Task IsFullAsync(TestBroker broker, TestCaller caller)
    {
        using var answer = await FeedReader.AskAsync(broker, caller);
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Contains("too_many_readers", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<TestCaller> WorkloadAsync(TestBroker broker) => broker.Seed.IdentityAsync(
        Seed.Name("workload/api"), [], row => row with { Kind = "workload" });

    private static async Task<string> EndAsync(TestBroker broker, TestWorld world)
    {
        var task = await world.TaskAsync();
        await broker.Seed.EndTaskAsync(task.Id);
        return task.Id;
    }

    private static Func<StoreTransaction, Task<ClaimFailure?>> Do(Claim claim) => ((Claim.Effect)claim).Apply;
}
