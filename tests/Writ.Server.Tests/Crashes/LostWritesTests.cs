using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>
/// SQLite after a power cut: the broker is killed under load, and of what it wrote only that remains which it had
/// synced, and by chance some of the rest. What was acknowledged holds all the same (P7).
/// </summary>
[Trait("Soak", "crash")]
public sealed class LostWritesTests
{
    // Nothing that was not synced, some of it, most of it.
    private static readonly int[] Cuts = [0, 30, 85];

    [Fact]
    public async Task Power_cut_loses_nothing_that_was_acknowledged()
    {
        var rounds = Soak.Rounds(3, 60);
        var most = rounds + 9; // of three kills, all may fall where nothing waits for its sync
        await using var store = await TestStore.CreateAsync(Engine.Sqlite);
        var library = await DiskLog.CompileAsync(store.Folder);
        var promises = await Promises.MakeAsync(store, most * 60);
        var unsynced = 0;
        for (var round = 0; round < rounds || (unsynced == 0 && round < most); round++)
        {
            var disk = await RunAndKillAsync(store, library, promises, round);
            unsynced += disk.Unsynced;
            foreach (var percent in Cuts)
            {
                disk.Restore(store.SqliteFile, percent);
                await using var after = await BrokerProcess.StartAsync(store);
                await promises.HoldAsync(after.Target);
                await after.KillAsync();
            }
        }

        Assert.True(unsynced > 0, "No kill fell between a write and its sync: the test tested nothing.");
        Assert.True(promises.Tokens >= rounds && promises.Ends > 0);
    }

    private static async Task<DiskLog> RunAndKillAsync(TestStore store, string library, Promises promises, int round)
    {
        var log = Path.Combine(store.Folder, $"disk-{round}.log");
        var lying = DiskLog.Before(store.SqliteFile);
        await using var process = await BrokerProcess.StartAsync(
            store, ("LD_PRELOAD", library), ("WRIT_DISK_LOG", log), ("WRIT_DISK_OF", store.SqliteFile));
        var before = promises.Tokens;
        using var stop = new CancellationTokenSource();
        var work = Enumerable.Range(0, 4)
            .Select(_ => Task.Run(() => promises.WorkAsync(process.Target, stop.Token))).ToList();
        await Wait.UntilAsync(
            () => promises.Tokens > before + 5 + (7 * (round % 5)), "tokens are handed out", TimeSpan.FromSeconds(60));
        await process.KillAsync();
        await stop.CancelAsync();
        await Task.WhenAll(work);
        var disk = DiskLog.Read(log, lying);
        File.Delete(log);
        Assert.True(disk.Synced > 0, "The log shows no sync: the library was not loaded, or SQLite goes another way.");
        return disk;
    }
}
