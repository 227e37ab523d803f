using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>A flood of garbage from nobody in particular does not fill the disk.</summary>
public sealed class FailureCounterTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Flood_leaves_a_hundred_records_a_second_and_a_count(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine); // its clock stands: one second
        var head = await broker.HeadAsync();
        const int flood = 600;

        await Parallel.ForAsync(0, flood, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancel) =>
        {
            using var content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
            using var answer = await broker.Http.PostAsync("/oauth/token", content, cancel);
            Assert.Equal(401, (int)answer.StatusCode);
        });
        broker.Wiring.Failures.Flush();
        await broker.Wiring.Audit.AppendOwnActAsync(new() { Kind = "test.end" }, []);

        var records = await broker.RecordsAsync(head);
        var refusals = records.Where(r => r.GetProperty("outcome").GetString() == "deny").ToList();
        Assert.InRange(refusals.Count, 101, 110);
        Assert.Equal(flood, refusals.Sum(CountOf)); // none is forgotten
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Good_callers_are_served_during_a_flood(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine);
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        using var stop = new CancellationTokenSource();
        var flood = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var content = new StringContent("x");
                using var answer = await broker.Http.PostAsync("/oauth/token", content);
            }
        })).ToList();

        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);

        await stop.CancelAsync();
        await Task.WhenAll(flood);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Principal_that_is_refused_all_the_time_fills_no_disk_and_hinders_nobody(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(
            engine, configure: s => s with { MaxRefusals = 100 }); // its clock stands: one second
        var world = await broker.Seed.WorldAsync();
        var task = await world.TaskAsync();
        world.Agent.TakeNonce();
        var head = await broker.HeadAsync();
        const int flood = 150;

        var replies = new List<Reply>();
        for (var i = 0; i < flood; i++)
            replies.Add(await world.Agent.TokenAsync(("task", "task_none"), ("scope", world.Grant())));
        var good = await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()));
        await world.Other.ManagementTokenAsync(); // others are

        Assert.Equal(100, replies.Count(r => r.Code == "unknown_task"));
        Assert.Equal(flood - 100, replies.Count(r => (r.Status, r.Code) == (429, "too_many_refusals")));
        Assert.Equal(429, good.Status); // nothing is looked at for the rest of the second
        broker.Wiring.Failures.Flush();
        await broker.Wiring.Audit.AppendOwnActAsync(new() { Kind = "test.end" }, []);
        var refusals = (await broker.RecordsAsync(head))
            .Where(r => r.GetProperty("outcome").GetString() == "deny").ToList();
        Assert.Equal(101, refusals.Count);
        Assert.Equal(flood + 1, refusals.Sum(CountOf));
        Assert.All(refusals, r => Assert.Equal(world.Agent.Id, r.GetProperty("actor").GetString()));

        broker.Clock.Advance(TimeSpan.FromSeconds(1));
        await Testing.Wait.UntilAsync(() => broker.Wiring.Revocations.IsFresh, "the replica is fresh");
        Assert.Equal(200, (await world.Agent.TokenAsync(("task", task.Id), ("scope", world.Grant()))).Status);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Management_calls_of_a_principal_that_is_refused_all_the_time_are_counted_too(Engine engine)
    {
        await using var broker = await TestBroker.StartAsync(engine, configure: s => s with { MaxRefusals = 100 });
        var world = await broker.Seed.WorldAsync();
        await world.Agent.ManagementTokenAsync();

        var replies = new List<Reply>();
        for (var i = 0; i < 120; i++) replies.Add(await world.Agent.GetAsync("/v1/tasks/task_none"));

        Assert.Equal(100, replies.Count(r => r.Status == 404));
        Assert.Equal(20, replies.Count(r => (r.Status, r.Code) == (429, "too_many_refusals")));
    }

    [Theory]
    [InlineData("/oauth/introspect")]
    [InlineData("/oauth/revoke")]
    public async Task Caller_that_was_refused_too_often_is_not_listened_to_there_either(string path)
    {
        await using var broker = await TestBroker.StartAsync(
            Engine.Sqlite, configure: s => s with { MaxRefusals = 5 }); // its clock stands: one second
        var world = await broker.Seed.WorldAsync();
        world.Agent.TakeNonce();
        for (var i = 0; i < 5; i++)
            await world.Agent.TokenAsync(("task", "task_none"), ("scope", world.Grant()));
        var head = await broker.HeadAsync();

        var replies = new List<Reply>();
        for (var i = 0; i < 10; i++)
            replies.Add(await world.Agent.PostFormAsync(path, ("grant_type", ""), ("token", "x")));

        Assert.All(replies, r => Assert.Equal((429, "too_many_refusals"), (r.Status, r.Code)));
        broker.Wiring.Failures.Flush();
        await broker.Wiring.Audit.AppendOwnActAsync(new() { Kind = "test.end" }, []);
        var refusals = (await broker.RecordsAsync(head)).Where(r => r.GetProperty("outcome").GetString() == "deny");
        Assert.Equal(10, CountOf(Assert.Single(refusals)));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Counts_that_the_log_did_not_take_are_written_later(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var counter = new FailureCounter(log.Audit, Testing.FakeTimeProvider.AtPresent(), 100);
        var http = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse("192.0.2.1") } };
        for (var i = 0; i < 130; i++) await counter.RecordAsync(http, "request.refuse", "test", null);
        var head = await log.HeadAsync();

        log.Database.Fault = Fault.NotPersisted;
        for (var i = 0; i < 3; i++)
        {
            counter.Flush();
            await Assert.ThrowsAsync<StoreUnavailableException>(() => log.AppendAsync()); // behind the counts
        }
        log.Database.Fault = Fault.None;
        Assert.Equal(head, await log.HeadAsync());
        await Testing.Wait.UntilAsync(
            async () =>
            {
                counter.Flush();
                await log.AppendAsync();
                return (await CountsAsync(log, head)).Count > 0;
            },
            "the counts are written");

        Assert.Equal(30, (await CountsAsync(log, head)).Sum(CountOf));
    }

    [Fact]
    public async Task Flood_from_many_addresses_of_one_network_is_one_count()
    {
        await using var log = await TestLog.OpenAsync(Engine.Sqlite);
        var counter = new FailureCounter(log.Audit, Testing.FakeTimeProvider.AtPresent(), 100);
        for (var i = 0; i < 400; i++)
        {
            var http = new DefaultHttpContext
            {
                Connection = { RemoteIpAddress = IPAddress.Parse($"2001:db8:1:2::{i:x}") },
            };
            await counter.RecordAsync(http, "request.refuse", "test", null);
        }
        counter.Flush();
        await log.AppendAsync();

        var count = Assert.Single(await CountsAsync(log, 0));
        Assert.Equal(300, CountOf(count));
        Assert.Equal("2001:db8:1:2::/64", count.GetProperty("detail").GetProperty("source").GetString());
    }

    private static async Task<List<JsonElement>> CountsAsync(TestLog log, long from) =>
        [.. (await new RecordStore(log.Inner).FromAsync(from, 1000)).Select(r => JsonElement.Parse(r.Body))
            .Where(r => r.TryGetProperty("reason", out var reason) && reason.GetString() == "counted")];

    private static int CountOf(JsonElement record) =>
        record.TryGetProperty("detail", out var detail) && detail.TryGetProperty("count", out var count)
            ? int.Parse(count.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
            : 1;
}
