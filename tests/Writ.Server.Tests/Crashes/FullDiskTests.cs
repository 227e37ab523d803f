using Writ.Testing;

namespace Writ.Server.Tests;

/// <summary>A store whose disk is full: nothing is handed out that is not recorded, and nothing needs repair (P7).
/// </summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task Full_disk_below_sqlite_is_a_503_and_is_over_when_space_returns()
    {
        await using var disk = await SmallDisk.MountAsync("32m");
        var folder = Directory.CreateDirectory(Path.Combine(disk.Folder, "data")).FullName;
        await using var store = await TestStore.CreateAsync(Engine.Sqlite, folder: folder);
        await FillAndEmptyAsync(disk, store);
    }

    [Fact]
    public async Task Full_disk_below_postgres_is_a_503_and_is_over_when_space_returns()
    {
        await using var disk = await SmallDisk.MountAsync("224m");
        await using var cluster = await PostgresCluster.StartAsync(
            durable: true, Path.Combine(disk.Folder, "postgres"));
        await using var store = await TestStore.CreateAsync(Engine.Postgres, cluster);
        await FillAndEmptyAsync(disk, store);
    }

    private static async Task FillAndEmptyAsync(SmallDisk disk, TestStore store)
    {
        var promises = await Promises.MakeAsync(store, 40);
        await using var process = await BrokerProcess.StartAsync(store);
        var agent = promises.Agent(process.Target);
        Assert.Equal(200, (await promises.AskAsync(agent, promises.FreshTask())).Status);

        disk.Fill();
        var full = 0;
        for (var i = 0; i < 2000 && full < 10; i++)
        {
            var reply = await promises.AskAsync(agent, promises.FreshTask());
            Assert.Contains(reply.Status, new[] { 200, 503 });
            if (reply.Status == 503) full++;
        }
        Assert.Equal(10, full);
        // Not its sight of the store is lost: the store takes no records.
        Assert.Equal("store_unavailable", (await promises.AskAsync(agent, promises.FreshTask())).Code);

        disk.Empty();
        await Wait.UntilAsync(
            async () => (await promises.AskAsync(agent, promises.FreshTask())).Status == 200,
            "it serves again, without repair", TimeSpan.FromSeconds(30));
        await promises.HoldAsync(process.Target);
    }
}
