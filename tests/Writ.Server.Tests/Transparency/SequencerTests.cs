using System.Text;
using Microsoft.AspNetCore.Http;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;
using Writ.Server.Tests.Governance;
using Writ.Server.Transparency;
using Writ.Testing;
using Writ.Tlog;

namespace Writ.Server.Tests.Transparency;

/// <summary>The tree over the records: it has all of them, it never forks, and it stops rather than sign what does not
/// fit what was signed.</summary>
public sealed class SequencerTests
{
    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Tree_grows_over_full_tiles_and_restarts(Engine engine)
    {
        await using var tree = await TestTree.OpenAsync(engine);
        foreach (var more in new[] { 0, 1, 253, 1, 1, 1, 300, 2000, 5 })
        {
            if (more > 0) await tree.AppendAsync(more);
            var sequencer = tree.Sequencer();
            await tree.TurnAsync(sequencer);
            await sequencer.DisposeAsync();
        }

        await tree.CoversAllAsync();
        Assert.True((await tree.Logs.HistoryAsync(1, 0, 100)).Count >= 8);
    }

    [Fact]
    public async Task Backlog_is_caught_up_in_bounded_steps()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        for (var i = 0; i < 7; i++) await tree.AppendAsync(10_000);
        var steps = new List<LogGrowth>();
        var sequencer = tree.Sequencer(plain => plain with
        {
            GrowAsync = (lease, growth, cancel) =>
            {
                steps.Add(growth);
                return plain.GrowAsync(lease, growth, cancel);
            },
        });

        await tree.TurnAsync(sequencer);
        await tree.TurnAsync(sequencer);

        Assert.All(steps, s => Assert.InRange(s.Size - s.Before, 1, Sequencer.Step));
        Assert.All(steps, s => Assert.InRange(s.Tiles.Count, 1, 70));
        Assert.Equal(0, sequencer.State.Missing);
        await tree.CoversAllAsync();
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Checkpoint_comes_each_second_when_there_is_news_and_not_otherwise(Engine engine)
    {
        await using var tree = await TestTree.OpenAsync(engine);
        var sequencer = tree.Sequencer();
        await sequencer.RunAsync();
        for (var i = 0; i < 10; i++)
        {
            await tree.AppendAsync(1);
            tree.Time.Advance(TimeSpan.FromMilliseconds(100));
            await sequencer.RunAsync();
        }
        Assert.Equal(2, (await tree.Logs.HistoryAsync(1, 0, 100)).Count);
        await tree.TurnAsync(sequencer);
        await tree.TurnAsync(sequencer);

        Assert.Equal(3, (await tree.Logs.HistoryAsync(1, 0, 100)).Count);
        await tree.CoversAllAsync();
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Replicas_that_fight_for_the_work_make_one_log(Engine engine)
    {
        await using var tree = await TestTree.OpenAsync(engine);
        using var stop = new CancellationTokenSource();
        var replicas = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            // Each takes over from nothing, again and again: it lets go after each turn.
            while (!stop.IsCancellationRequested)
            {
                var sequencer = tree.Sequencer();
                tree.Time.Advance(TimeSpan.FromSeconds(1));
                await sequencer.RunAsync();
                await sequencer.RunAsync();
                await sequencer.DisposeAsync();
            }
        })).ToList();
        for (var i = 0; i < 30; i++) await tree.AppendAsync(40);
        await stop.CancelAsync();
        await Task.WhenAll(replicas);

        await tree.TurnAsync(tree.Sequencer());
        await tree.CoversAllAsync();
    }

    [Fact]
    public async Task Sequencer_that_lost_its_lease_publishes_nothing()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Postgres);
        var first = tree.Sequencer();
        await tree.TurnAsync(first);
        await tree.AppendAsync(300);
        await tree.Database.WriteAsync(tx => tx.ExecuteAsync("""
            SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.pid <> pg_backend_pid()
            """));
        var second = tree.Sequencer();
        await Wait.UntilAsync(async () =>
        {
            await tree.TurnAsync(second);
            return (await tree.Logs.HeadAsync(null))!.Size > 300;
        }, "the other one has taken over");
        await tree.AppendAsync(10);

        await tree.TurnAsync(first); // it believes that it holds the lease still
        Assert.Equal(301, (await tree.Logs.HeadAsync(null))!.Size);
        await tree.TurnAsync(second);
        await tree.CoversAllAsync();
    }

    [Theory, MemberData(nameof(Faults))]
    public async Task Failed_step_forks_nothing_and_loses_nothing(Engine engine, string step, Fault fault)
    {
        await using var tree = await TestTree.OpenAsync(engine);
        var isBroken = false;
        LogSteps Break(LogSteps plain) => plain with
        {
            GrowAsync = (l, g, c) => FailAsync("grow", () => plain.GrowAsync(l, g, c)),
            Anchor = h => FailAsync("anchor", () =>
            {
                plain.Anchor(h);
                return Task.FromResult(true);
            }).GetAwaiter().GetResult(),
            PublishAsync = (l, r, b, c) => FailAsync("publish", () => plain.PublishAsync(l, r, b, c)),
        };
        async Task<bool> FailAsync(string name, Func<Task<bool>> real)
        {
            if (!isBroken || name != step) return await real();
            if (fault == Fault.Persisted) await real();
            throw new IOException($"{name} failed (says the test).");
        }
        var sequencer = tree.Sequencer(Break);
        foreach (var size in new[] { 5, 400, 1 })
        {
            await tree.AppendAsync(size);
            isBroken = true;
            await Assert.ThrowsAsync<IOException>(() => tree.TurnAsync(sequencer));
            await tree.HoldsAsync();
            await tree.AppendAsync(3); // what comes meanwhile makes the next checkpoint another one
            isBroken = false;
            // The same goes on; or it died just there, and another one does.
            if (size == 400)
            {
                await sequencer.DisposeAsync();
                sequencer = tree.Sequencer(Break);
            }
            await tree.TurnAsync(sequencer);
            await tree.CoversAllAsync();
        }
    }

    public static TheoryData<Engine, string, Fault> Faults
    {
        get
        {
            var data = new TheoryData<Engine, string, Fault>();
            foreach (var engine in Enum.GetValues<Engine>())
                foreach (var step in (string[])["grow", "anchor", "publish"])
                    foreach (var fault in (Fault[])[Fault.NotPersisted, Fault.Persisted])
                        data.Add(engine, step, fault);
            return data;
        }
    }

    [Theory]
    [InlineData("UPDATE log_tile SET hashes = zeroblob(8192) WHERE level = 1 AND idx = 0", "tree_damaged")]
    [InlineData("DELETE FROM log_tile WHERE level = 0 AND idx = 1", "tree_damaged")]
    [InlineData("UPDATE log_tree SET root = zeroblob(32)", "tree_damaged")]
    [InlineData("UPDATE log_tree SET size = size - 1", "tree_damaged")]
    [InlineData("UPDATE record SET body = CAST('{\"at\":1}' AS BLOB) WHERE idx = 300", "tree_damaged")]
    [InlineData("UPDATE log_checkpoint SET note = replace(note, 'log', 'lag')", "tree_damaged")]
    [InlineData("DELETE FROM record WHERE idx = 300", "records_missing")]
    [InlineData("UPDATE log_head SET next = 300", "records_missing")]
    public async Task Nothing_is_signed_on_what_does_not_fit_what_was_signed(string harm, string code)
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        await tree.AppendAsync(310);
        var sequencer = tree.Sequencer();
        await tree.TurnAsync(sequencer);
        await sequencer.DisposeAsync();
        File.Delete(Path.Combine(tree.Store.Folder, "log.anchor")); // what it would find as well
        await tree.Database.WriteAsync(tx => tx.ExecuteAsync(harm));
        if (!harm.Contains("log_head", StringComparison.Ordinal)) await tree.AppendAsync(5);
        var told = new List<LogBrokenException>();
        var next = tree.Sequencer();
        next.Broken += e =>
        {
            told.Add(e);
            return Task.CompletedTask;
        };

        for (var i = 0; i < 3; i++) await tree.TurnAsync(next);

        Assert.Equal(code, next.State.Fault?.Code);
        Assert.Single(told);
        Assert.Single(await tree.Logs.HistoryAsync(1, 0, 10));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Store_that_is_older_than_what_was_published_is_found_out(Engine engine)
    {
        var store = await TestStore.CreateAsync(engine);
        var time = FakeTimeProvider.AtPresent();
        var before = await TestTree.OpenAsync(store, time);
        await before.Beginning.EnsureAsync();
        var writer = before.Sequencer();
        await before.TurnAsync(writer);
        var backup = await StoreBackup.TakeAsync(store);
        await before.AppendAsync(20);
        await before.TurnAsync(writer);
        var known = (await before.Logs.HeadAsync(null))!;
        Assert.True(SignedNote.TryParse(known.Note, out var note));
        Assert.True(Checkpoint.TryParse(note.Text, out var head));
        await before.CloseAsync();
        await backup.PutBackAsync();

        await using var tree = await TestTree.OpenAsync(store, time);
        await tree.AppendAsync(30); // it would be larger than what was published
        var sequencer = tree.Sequencer();
        await tree.TurnAsync(sequencer);
        Assert.Equal("older_than_published", sequencer.State.Fault?.Code);

        // On another host there is no anchor: the operator may know.
        File.Delete(Path.Combine(store.Folder, "log.anchor"));
        sequencer = tree.Sequencer(floor: new LogFloor(head.Size, head.Root));
        await tree.TurnAsync(sequencer);
        Assert.Equal("older_than_published", sequencer.State.Fault?.Code);
        Assert.Single(await tree.Logs.HistoryAsync(1, 0, 10));

        // A restore says so, and begins a linked log.
        await tree.Database.WriteAsync(async tx =>
        {
            await tx.LockLogAsync(new ClaimSubjects([], [], false));
            await tree.Beginning.LinkAsync(tx);
            return 0;
        });
        await tree.Beginning.SettleAsync();
        sequencer = tree.Sequencer();
        await tree.TurnAsync(sequencer);
        Assert.Null(sequencer.State.Fault);
        await tree.CoversAllAsync();
        var linked = (await tree.Logs.CurrentAsync())!;
        Assert.StartsWith("example.org/log/2-", linked.Origin, StringComparison.Ordinal);
        Assert.Equal(1, linked.Base); // where the last checkpoint that the backup knew ends
        await tree.HoldsAsync(1);
    }

    [Theory]
    [InlineData("UPDATE log_tree SET began_at = 9000000000, size = 0, root = x'%'; DELETE FROM log_checkpoint")]
    [InlineData("DELETE FROM log_tree; DELETE FROM log_tile; DELETE FROM log_checkpoint")]
    [InlineData("UPDATE log_tree SET origin = 'example.org/log/another'")]
    public async Task Store_that_denies_its_history_is_found_out(string denial)
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        await tree.AppendAsync(5);
        var sequencer = tree.Sequencer();
        await tree.TurnAsync(sequencer);
        await sequencer.DisposeAsync();
        var empty = Convert.ToHexString(TreeHash.Empty.ToArray());
        await tree.Database.WriteAsync(
            tx => tx.ExecuteAsync(denial.Replace("%", empty, StringComparison.Ordinal)));
        await tree.Beginning.EnsureAsync(); // as a start does
        await tree.AppendAsync(5);

        var next = tree.Sequencer();
        await tree.TurnAsync(next);

        Assert.Equal("older_than_published", next.State.Fault?.Code);
        Assert.InRange((await tree.Logs.HistoryAsync(1, 0, 10)).Count, 0, 1);
    }

    [Fact]
    public async Task Record_that_cannot_be_read_holds_nothing_up()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        await tree.Database.WriteAsync(async tx =>
        {
            await tx.LockLogAsync(new ClaimSubjects([], [], false));
            return await tx.InsertRecordsAsync(
            [
                .. ((string[])["x", "{}", "[", "{\"at\":\"y\"}"])
                    .Select(t => new RecordBytes(Encoding.UTF8.GetBytes(t), null)),
            ]);
        });
        for (var i = 0; i < 3; i++)
        {
            await tree.TurnAsync(tree.Sequencer());
            await tree.AppendAsync(1);
        }

        await tree.TurnAsync(tree.Sequencer());
        await tree.CoversAllAsync();
    }

    [Fact]
    public async Task Store_that_had_records_before_it_had_a_log_gets_an_origin_that_nobody_had()
    {
        var store = await TestStore.CreateAsync(Engine.Sqlite);
        await using var tree = await TestTree.OpenAsync(store, FakeTimeProvider.AtPresent());
        await tree.AppendAsync(500);
        await tree.Beginning.EnsureAsync();
        await tree.TurnAsync(tree.Sequencer());

        Assert.StartsWith("example.org/log/1-", (await tree.Logs.CurrentAsync())!.Origin, StringComparison.Ordinal);
        Assert.Equal(501, (await tree.Logs.HeadAsync(null))!.Size);
        await tree.CoversAllAsync();
    }

    [Fact]
    public async Task Trouble_that_stays_is_told_and_tried_seldom()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        var tries = 0;
        var isFull = true;
        var sequencer = tree.Sequencer(plain => plain with
        {
            Anchor = h =>
            {
                tries++;
                if (isFull) throw new IOException("The disk is full (says the test).");
                plain.Anchor(h);
            },
        });
        await Assert.ThrowsAsync<IOException>(() => sequencer.RunAsync());
        for (var i = 0; i < 20; i++) await sequencer.RunAsync(); // within the same moment
        Assert.Equal((1, null), (tries, sequencer.Trouble));
        for (var i = 0; i < 4; i++) await Assert.ThrowsAsync<IOException>(() => tree.TurnAsync(sequencer));

        Assert.Contains("IOException", sequencer.Trouble, StringComparison.Ordinal);
        isFull = false;
        await tree.TurnAsync(sequencer);
        Assert.Null(sequencer.Trouble);
        await tree.CoversAllAsync();
    }

    [Fact]
    public async Task Fault_whose_finding_could_not_be_written_is_told_again_and_ends_with_its_cause()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Postgres);
        var other = tree.Sequencer();
        await tree.TurnAsync(other);
        var told = 0;
        var sequencer = tree.Sequencer(floor: new LogFloor(1_000_000, TreeHash.Empty));
        sequencer.Broken += _ => told++ == 0 ? throw new IOException("Not now (says the test).") : Task.CompletedTask;

        await Assert.ThrowsAsync<IOException>(() => tree.TurnAsync(sequencer));
        for (var i = 0; i < 3; i++) await tree.TurnAsync(sequencer);

        Assert.Equal((2, "older_than_published"), (told, sequencer.State.Fault?.Code));
    }

    [Fact]
    public async Task Readers_who_take_nothing_hold_no_place()
    {
        await using var tree = await TestTree.OpenAsync(Engine.Sqlite);
        var endpoints = new LogEndpoints(new PublishedLog(tree.Logs), false);
        var key = endpoints.Bounded(endpoints.KeyAsync);
        var never = new TaskCompletionSource();
        var slow = Enumerable.Range(0, 40).Select(_ => Task.Run(() => key(Context(new Stuck(never.Task))))).ToList();

        var quick = Context(new MemoryStream());
        await Wait.UntilAsync(async () =>
        {
            await key(quick);
            return quick.Response.StatusCode == 200;
        }, "somebody else is served", TimeSpan.FromSeconds(5));

        Assert.All(slow, reader => Assert.False(reader.IsCompleted));
        never.SetResult();
        await Task.WhenAll(slow);

        static DefaultHttpContext Context(Stream body) => new() { Response = { Body = body } };
    }

    /// <summary>The network of somebody who does not read.</summary>
    private sealed class Stuck(Task until) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancel = default) =>
            await until;
    }
}
