using System.Security.Cryptography;
using System.Text;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>Details go when their time is over, but for what is held or alive; each erasure is a record.</summary>
public sealed class DetailRetentionTests
{
    private const string Alice = "spiffe://example.org/user/corp/alice";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Details_go_when_their_time_is_over(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await Append(world, "task.end", "access.evaluate", "identity.create");
        world.Log.Time.Advance(10 * Day);
        await Append(world, "task.end", "access.evaluate");
        var retention = world.Retention(
            new RetentionRule("", 30 * Day), new RetentionRule("access.", 5 * Day),
            new RetentionRule("identity.", null));

        Assert.Equal(1, await retention.RunAsync()); // index 1
        await world.IsErasedAsync(1);
        Assert.Equal(0, await retention.RunAsync());
        world.Log.Time.Advance(21 * Day);
        Assert.Equal(2, await retention.RunAsync());
        await world.IsErasedAsync(0, 1, 4);
        world.Log.Time.Advance(100 * Day);
        await world.Indexer.RunAsync();
        Assert.Equal(4, await retention.RunAsync()); // 3, and what the first three erasures said besides
        Assert.False((await RowsAsync(world))[2].IsErased);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_held_stays_until_it_is_released(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await Append(world, "task.end", "task.end");
        await world.AppendAsync(new AuditEvent { Kind = "task.end", Actor = "bob" });
        var hold = await world.HoldAsync(world.Hold("hold_1", Alice));
        var retention = world.Retention(new RetentionRule("", Day));
        world.Log.Time.Advance(2 * Day);

        Assert.Equal(1, await retention.RunAsync());
        await world.IsErasedAsync(2);
        Assert.Equal(0, await retention.RunAsync());

        await world.Log.Inner.WriteAsync(tx => HoldStore.ReleaseAsync(tx, hold, "o", "over"));
        Assert.Equal(2, await retention.RunAsync());
        await world.IsErasedAsync(0, 1, 2);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Hold_whose_time_is_over_ends_with_a_record(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await Append(world, "task.end");
        await world.HoldAsync(world.Hold("hold_1") with { Until = (world.Log.Now + (2 * Day)).ToMicros() });
        var retention = world.Retention(new RetentionRule("", Day));

        world.Log.Time.Advance(1.5 * Day);
        Assert.Equal(0, await retention.RunAsync());
        world.Log.Time.Advance(Day);
        Assert.Equal(1, await retention.RunAsync());

        await world.Indexer.RunAsync();
        var released = await new RecordStore(world.Log.Inner).ListAsync(
            new RecordFilter { Kind = "audit.release", Limit = 9 });
        Assert.Contains("expired", Encoding.UTF8.GetString(Assert.Single(released).Core), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_alive_keeps_its_details(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        var end = world.Log.Now + (3 * Day);
        var task = world.Log.Work("task_long") with { Deadline = end.ToMicros(), OnBehalfOf = Alice };
        await world.AppendAsync(
            new AuditEvent { Kind = "task.start", Actor = Alice, Task = task.Id }, new Claim.OpenTask(task));
        await world.AppendAsync(new AuditEvent
        {
            Kind = "token.issue",
            Actor = Alice,
            Jti = "at_1",
            ExpiresAt = end.ToMicros(),
        });
        var retention = world.Retention(new RetentionRule("", Day));

        world.Log.Time.Advance(2 * Day);
        Assert.Equal(0, await retention.RunAsync());
        world.Log.Time.Advance(2 * Day);
        Assert.Equal(2, await retention.RunAsync());

        Assert.DoesNotContain("alice", await ErasureWorld.TextAsync(world.Log.Inner), StringComparison.Ordinal);
        await world.IsErasedAsync(0, 1);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Other_rules_look_at_everything_again(Engine engine)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        await Append(world, "access.evaluate", "task.end");
        world.Log.Time.Advance(10 * Day);
        var keeping = world.Retention(new RetentionRule("", Day), new RetentionRule("access.", null));
        Assert.Equal(1, await keeping.RunAsync());

        Assert.Equal(1, await world.Retention(new RetentionRule("", Day)).RunAsync());
        await world.IsErasedAsync(0, 1);
    }

    [Theory, MemberData(nameof(Faults))]
    public async Task Crash_leaves_no_erasure_without_its_record(Engine engine, Fault fault)
    {
        await using var world = await ErasureWorld.OpenAsync(engine);
        for (var i = 0; i < 260; i++)
            await world.Log.Audit.AppendOwnActAsync(new AuditEvent { Kind = "task.end", Actor = Alice }, []);
        await world.Indexer.RunAsync();
        var retention = world.Retention(new RetentionRule("", Day));
        world.Log.Time.Advance(2 * Day);

        world.Log.Database.Fault = fault;
        await Assert.ThrowsAnyAsync<Exception>(() => retention.RunAsync());
        world.Log.Database.Fault = Fault.None;

        Assert.Equal(fault == Fault.Persisted ? 250 : 0, (await world.ErasedAsync()).Length);
        await retention.RunAsync();
        Assert.Equal(260, (await world.ErasedAsync()).Length);
    }

    public static TheoryData<Engine, Fault> Faults => new()
    {
        { Engine.Sqlite, Fault.NotPersisted },
        { Engine.Sqlite, Fault.Persisted },
        { Engine.Postgres, Fault.NotPersisted },
        { Engine.Postgres, Fault.Persisted },
    };

    [Fact]
    public async Task Nothing_of_it_is_left_in_the_files_of_SQLite()
    {
        await using var world = await ErasureWorld.OpenAsync(Engine.Sqlite);
        var person = $"spiffe://example.org/user/corp/{RandomNumberGenerator.GetHexString(32)}";
        // Some that fill pages of their own, which are freed.
        for (var i = 0; i < 50; i++)
            await world.AppendAsync(new AuditEvent { Kind = "task.end", Actor = person }
                .With("because", string.Concat(Enumerable.Repeat(person, i * 5))));
        Assert.True(await FindAsync(world.Folder, person));
        world.Log.Time.Advance(2 * Day);

        Assert.Equal(50, await world.Retention(new RetentionRule("", Day)).RunAsync());

        Assert.False(await FindAsync(world.Folder, person));
    }

    private static async Task<bool> FindAsync(string folder, string text)
    {
        foreach (var file in Directory.GetFiles(folder, "writ.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[open.Length];
            await open.ReadExactlyAsync(bytes);
            if (bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0) return true;
        }
        return false;
    }

    private static async Task Append(ErasureWorld world, params string[] kinds)
    {
        foreach (var kind in kinds) await world.AppendAsync(new AuditEvent { Kind = kind, Actor = Alice });
    }

    private static Task<IReadOnlyList<RecordRow>> RowsAsync(ErasureWorld world) =>
        new RecordStore(world.Log.Inner).FromAsync(0, 1000);
}
