using System.Diagnostics;
using System.Globalization;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// A flood of garbage from another address neither fills the disk nor starves good callers. The figures are
/// what <c>./soak flood</c> is for.
/// </summary>
[Trait("Soak", "flood")]
[Collection(nameof(Alone))]
public sealed class FloodTests
{
    private const int Callers = 2;

    /// <summary>For how long a replica may be blind on a machine whose every processor the flood takes.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1.5);

    /// <summary>Failures that get a record each, in one second; and the counted ones of one source, twice a second at
    /// most, for each of the kinds that the flood provokes.</summary>
    private const int RecordsPerSecond = 100 + (2 * 8);

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Flood_of_garbage_neither_fills_the_disk_nor_starves_good_callers(Engine engine)
    {
        var (rate, seconds) = (Soak.Rounds(400, 1500), Soak.Rounds(4, 60));
        await using var store = await TestStore.CreateAsync(engine);
        var promises = await Promises.MakeAsync(store, 4);
        await using var process = await BrokerProcess.StartAsync(store);
        await using var database = store.Open(TimeProvider.System);
        var records = new RecordStore(database);
        var quiet = await CallAsync(promises, process.Target, TimeSpan.FromSeconds(Math.Min(seconds, 15)));

        using var flood = new Flood(process.Target.Http.BaseAddress!);
        using var stop = new CancellationTokenSource();
        var head = await records.HeadAsync();
        var held = promises.Tokens;
        var watch = Stopwatch.StartNew();
        var flooding = flood.RunAsync(rate, stop.Token);
        var during = await CallAsync(promises, process.Target, TimeSpan.FromSeconds(seconds));
        await stop.CancelAsync();
        await flooding;
        await Wait.UntilAsync(async () => await IsStillAsync(records), "the last counts are written");
        var lasted = watch.Elapsed.TotalSeconds;
        var written = await records.HeadAsync() - head - (promises.Tokens - held);

        // Every good call was answered with a token, or by a replica that was blind for a moment: CallAsync sees to
        // that. Blind for long, or again and again, would be starved.
        Assert.True(during.Count > 0 && flood.Answered > 0);
        Assert.InRange(during.LongestBlind, TimeSpan.Zero, Moment);
        Assert.InRange(
            during.Blind, TimeSpan.Zero, TimeSpan.FromSeconds(Math.Max(Moment.TotalSeconds, 0.2 * seconds)));
        Assert.Empty(flood.Faults);
        Assert.True(written <= (lasted + 1) * RecordsPerSecond, $"{written} records of garbage in {lasted:F1} s");
        Soak.Figure(string.Create(
            CultureInfo.InvariantCulture,
            $"flood on {engine}: {flood.Answered / lasted:F0} of {rate} garbage requests/s answered for {lasted:F0} s; "
            + $"{written / lasted:F0} records/s of it; tokens for {Callers} good callers: "
            + $"{quiet.Rate:F0}/s (p99 {quiet.P99:F0} ms) before, {during.Rate:F0}/s (p99 {during.P99:F0} ms) during, "
            + $"blind for {during.Blind.TotalSeconds:F2} s of it, {during.LongestBlind.TotalSeconds:F2} s at once"));
    }

    private static async Task<bool> IsStillAsync(RecordStore records)
    {
        var head = await records.HeadAsync();
        await Task.Delay(TimeSpan.FromSeconds(2)); // counts are written each second
        return await records.HeadAsync() == head;
    }

    private static async Task<Served> CallAsync(Promises promises, BrokerTarget target, TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            var agent = promises.Agent(target);
            var took = new List<double>();
            var (blind, longest, since) = (TimeSpan.Zero, TimeSpan.Zero, (TimeSpan?)null);
            while (watch.Elapsed < time)
            {
                var began = watch.Elapsed;
                var asked = Stopwatch.GetTimestamp();
                var reply = await promises.AskAsync(agent, promises.FreshTask());
                // On a machine this busy a replica may be blind for a moment, or give up a write; clients ask again.
                var isBlind = reply.Code is "replica_stale" or "store_unavailable";
                if (isBlind) since ??= began;
                if (since is { } from && (!isBlind || watch.Elapsed >= time))
                {
                    var lasted = watch.Elapsed - from;
                    (blind, longest, since) = (blind + lasted, lasted > longest ? lasted : longest, null);
                }
                if (isBlind) continue;
                Assert.True(reply.Status == 200, $"A good caller was answered {reply}");
                took.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            }
            return (Took: took, Blind: blind, Longest: longest);
        }));
        var each = await Task.WhenAll(callers);
        var all = each.SelectMany(c => c.Took).Order().ToList();
        return new Served(
            all.Count, all.Count / watch.Elapsed.TotalSeconds, all[(int)(all.Count * 0.99)],
            each.Max(c => c.Blind), each.Max(c => c.Longest));
    }

    /// <summary>What good callers got, and for how long one of them found the replica blind.</summary>
    private sealed record Served(int Count, double Rate, double P99, TimeSpan Blind, TimeSpan LongestBlind);
}
