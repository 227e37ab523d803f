using System.Text.Json;

namespace Writ.Server.Tests;

/// <summary>A flood of garbage from nobody in particular does not fill the disk (DESIGN §5).</summary>
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

    private static int CountOf(JsonElement record) =>
        record.TryGetProperty("detail", out var detail) && detail.TryGetProperty("count", out var count)
            ? int.Parse(count.GetString()!, System.Globalization.CultureInfo.InvariantCulture)
            : 1;
}
