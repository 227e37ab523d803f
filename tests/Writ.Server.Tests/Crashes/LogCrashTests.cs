using Writ.Server.Storage;
using Writ.Server.Tests.Transparency;
using Writ.Testing;
using Writ.Tlog;

namespace Writ.Server.Tests;

/// <summary>
/// The real process, killed while it hashes, signs and publishes: behind each durable step of the sequencer, as soon as
/// its effect is seen from outside. The log never forks, has every record that was acknowledged, and goes on.
/// </summary>
[Trait("Soak", "log")]
public sealed class LogCrashTests
{
    private const int Clients = 2;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Killed_at_any_step_the_log_never_forks_and_loses_nothing(Engine engine)
    {
        var rounds = Soak.Rounds(4, 200);
        await using var store = await TestStore.CreateAsync(engine);
        var promises = await Promises.MakeAsync(store, rounds * 80);
        var seen = new Dictionary<long, string>(); // every checkpoint that anybody was shown, by size
        for (var round = 0; round < rounds; round++)
        {
            await using var process = await BrokerProcess.StartAsync(store);
            await using var outside = store.Open(TimeProvider.System);
            using var stop = new CancellationTokenSource();
            var work = Enumerable.Range(0, Clients)
                .Select(_ => Task.Run(() => promises.WorkAsync(process.Target, stop.Token))).ToList();
            var before = await StateAsync(outside, store);
            await Wait.UntilAsync(async () =>
            {
                await SeeAsync(process, seen);
                return await StateAsync(outside, store) is { } now && now.Published > before.Published;
            }, "it signs", TimeSpan.FromSeconds(60));
            await AfterAsync(round % 4, outside, store);
            await process.KillAsync();
            await stop.CancelAsync();
            await Task.WhenAll(work);
        }

        await using var last = await BrokerProcess.StartAsync(store);
        await promises.HoldAsync(last.Target);
        await CoversAsync(last, store, seen);
        Soak.Figure($"log, {engine}: {rounds} kills, {seen.Count} checkpoints seen, {promises.Tokens} tokens");
    }

    /// <summary>Waits until a step was done, and no longer: growth, anchor, checkpoint; or for some moment.</summary>
    private static async Task AfterAsync(int step, Database outside, TestStore store)
    {
        var before = await StateAsync(outside, store);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3)); // there may be no more news
        while (!limit.IsCancellationRequested)
        {
            var now = await StateAsync(outside, store);
            if (step == 0 && now.Size > before.Size) return;
            if (step == 1 && now.Anchor != before.Anchor) return;
            if (step == 2 && now.Published > before.Published) return;
            if (step == 3) return;
        }
    }

    private static async Task<(long Size, long Published, string Anchor)> StateAsync(Database outside, TestStore store)
    {
        var logs = new LogStore(outside);
        var anchor = Path.Combine(store.Folder, "log.anchor");
        return (
            (await logs.CurrentAsync())?.Size ?? 0, (await logs.HeadAsync(null))?.Size ?? 0,
            File.Exists(anchor) ? await File.ReadAllTextAsync(anchor) : "");
    }

    private static async Task SeeAsync(BrokerProcess process, Dictionary<long, string> seen)
    {
        using var answer = await process.Target.Http.GetAsync("/log/checkpoint");
        if (!answer.IsSuccessStatusCode) return; // busy, or not signed yet
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(SignedNote.TryParse(text, out var note) && note.Signatures.Count > 0);
        Assert.True(Checkpoint.TryParse(note.Text, out var head));
        if (!seen.TryAdd(head.Size, note.Text)) Assert.Equal(seen[head.Size], note.Text);
    }

    /// <summary>In the end one log has all that was shown, and soon all records.</summary>
    private static async Task CoversAsync(BrokerProcess process, TestStore store, Dictionary<long, string> seen)
    {
        await using var outside = store.Open(TimeProvider.System);
        var logs = new LogStore(outside);
        var records = await new RecordStore(outside).HeadAsync();
        await Wait.UntilAsync(async () =>
        {
            await SeeAsync(process, seen);
            return (await logs.HeadAsync(null))!.Size >= records;
        }, "the log has caught up", TimeSpan.FromSeconds(10));
        var entries = new List<byte[]>();
        await logs.EachAsync(0, records, core => entries.Add(core.ToArray()));
        Assert.Equal(records, entries.Count);
        foreach (var (size, text) in seen.Where(s => s.Key <= records))
        {
            var root = Convert.ToBase64String(ReferenceTree.Root(entries.ToArray().AsSpan(0, (int)size)));
            Assert.Equal($"example.org/log\n{size}\n{root}\n", text);
        }
    }
}
