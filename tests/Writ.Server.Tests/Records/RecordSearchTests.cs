using System.Data.Common;
using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Records;

/// <summary>What the index finds is what looking at every record finds.</summary>
public sealed class RecordSearchTests
{
    private const int Records = 1100;
    private const int Questions = 120;

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Every_filter_alone_and_with_others_finds_what_looking_at_every_record_finds(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, Records);
        var search = new RecordSearch(log.Inner);
        // An answer that is cut after each block: pages end anywhere.
        var shortSighted = new RecordSearch(log.Inner, mostBlocks: 1);
        for (var n = 0; n < Questions; n++)
        {
            var question = random.Question();
            var expected = random.Answer(question);
            var text = RandomRecords.Text(question);

            var first = (await search.FindAsync(question)).Rows.Select(r => r.Idx);
            Assert.True(expected.Take(question.Limit).SequenceEqual(first), text);
            Assert.True(expected.SequenceEqual(await AllAsync(n % 2 == 0 ? search : shortSighted, question)), text);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task No_question_makes_the_engine_read_a_whole_table(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, 300);
        var trace = new SqlTrace(log.Inner, engine);
        var search = new RecordSearch(trace);
        using (await trace.ListenAsync())
            for (var n = 0; n < 60; n++)
                await search.FindAsync(random.Question() with { Team = n % 5 == 0 ? "payments" : null });

        var plans = await trace.PlansAsync();

        Assert.True(plans.Count > 20);
        foreach (var (sql, plan) in plans)
            Assert.False(plan.Split('\n').Any(line => IsWholeTable(line, plan)), $"{sql}\n{plan}");
    }

    // Of what an index gave to a subquery all rows are looked at: that is no table.
    private static bool IsWholeTable(string line, string plan) =>
        line.Contains("Seq Scan on record", StringComparison.Ordinal)
        || line is "SCAN b" or "SCAN o" or "SCAN s" or "SCAN r"
        || (line.StartsWith("SCAN ", StringComparison.Ordinal) && line.Contains("record_", StringComparison.Ordinal))
        || (line == "SCAN x" && !plan.Contains("CO-ROUTINE x", StringComparison.Ordinal));

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Pages_stay_what_they_were_while_the_log_grows(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, 400);
        var search = new RecordSearch(log.Inner);
        foreach (var newestFirst in new[] { false, true })
        {
            var filter = new RecordFilter { Kind = "token", NewestFirst = newestFirst, Limit = 23 };
            var before = random.Answer(filter);
            var seen = new List<long>();
            for (long? after = null; ;)
            {
                var page = await search.FindAsync(filter with { After = after });
                seen.AddRange(page.Rows.Select(r => r.Idx));
                after = page.Place;
                if (after is null) break;
                if (seen.Count < 200) await AppendAsync(log, random, 7);
            }
            Assert.Equal(newestFirst ? before : random.Answer(filter), seen);
        }
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Records_that_an_older_build_indexed_are_found_once_they_are_indexed_again(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, 600);
        await log.Inner.WriteAsync(async tx =>
        {
            await tx.ExecuteAsync("DELETE FROM record_block");
            await tx.ExecuteAsync("DELETE FROM record_span");
            await tx.ExecuteAsync("UPDATE record_index SET policy = NULL, on_behalf_of = NULL, terms = NULL");
            return await RecordStore.MoveReaderAsync(tx, RecordStore.AgainEnd, 600);
        });
        var indexer = new RecordIndexer(log.Inner);
        var search = new RecordSearch(log.Inner);
        var filter = new RecordFilter { OnBehalfOf = RandomRecords.User(1), Policy = "sha256:1", Limit = 500 };

        Assert.Equal(0, await indexer.CatchUpAsync()); // who rests on what is alive does not wait for it
        Assert.Equal(600, await indexer.AgainMissingAsync());
        Assert.Empty((await search.FindAsync(filter)).Rows);
        await indexer.AgainAsync();

        Assert.Equal(0, await indexer.AgainMissingAsync());
        var expected = random.Answer(filter);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, (await search.FindAsync(filter)).Rows.Select(r => r.Idx));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Nothing_is_kept_of_what_was_erased_and_the_rest_is_found(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, 300);
        var search = new RecordSearch(log.Inner);

        await log.Inner.WriteAsync(async tx =>
        {
            var rows = await tx.QueryAsync<RecordRow>(
                "SELECT idx, body AS core FROM record WHERE idx >= 100 ORDER BY idx");
            await tx.ExecuteAsync("UPDATE record SET detail = NULL WHERE idx >= 100");
            await RecordBlocks.ReplaceAsync(tx, [.. rows.Select(RecordBody.Index)]);
            return 0;
        });

        var left = new RecordFilter { Limit = 500 };
        foreach (var filter in new[]
        {
            left with { OnBehalfOf = RandomRecords.User(2) }, left with { Resource = ["https://r1.example"] },
            left with { ApprovedBy = "spiffe://example.org/operator/o1" }, left with { Approval = "apr_1" },
        })
            Assert.Equal(
                random.Answer(filter).Where(i => i < 100),
                (await search.FindAsync(filter)).Rows.Select(r => r.Idx));
        var kept = (await log.Inner.QueryAsync<long>("SELECT term FROM record_block WHERE block = 1")).ToHashSet();
        var rows = await log.Inner.QueryAsync<RecordIndexRow>("SELECT * FROM record_index WHERE idx >= 256");
        Assert.True(kept.SetEquals(rows.SelectMany(r => r.AllTerms()).Select(t => t.Number)));
        var agent = left with { Actor = RandomRecords.Agent(3) };
        Assert.Equal(random.Answer(agent), (await search.FindAsync(agent)).Rows.Select(r => r.Idx));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_was_erased_while_it_was_being_indexed_is_not_indexed(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = new RandomRecords(new Dice(1), log.Now.ToMicros());
        random.MakeTasks(40);
        await log.Inner.WriteAsync(tx => tx.InsertRecordsAsync(random.Make(50)));
        var isErased = false;
        // Between its reading and its writing.
        await using var between = new Between(log.Inner, async () =>
        {
            if (isErased) return;
            isErased = true;
            await log.Inner.WriteAsync(tx => tx.ExecuteAsync("UPDATE record SET detail = NULL WHERE idx = 7"));
        });

        await new RecordIndexer(between).RunAsync();

        Assert.Equal(50, await new RecordStore(log.Inner).IndexedAsync());
        var row = await log.Inner.FirstAsync<RecordIndexRow>("SELECT * FROM record_index WHERE idx = 7");
        Assert.Null(row!.Policy);
        Assert.Null(row.Terms);
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task What_is_no_record_does_not_stop_the_index(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        string[] bodies =
        [
            "{}", "x", "[1]", "", """{"at":1,"kind":"a.b","outcome":"allow","actor":"\ud800"}""",
            """{"at":1,"kind":"a.b","outcome":"allow","jti":"at_1","detail":{"authorization_details":"[{\"actions\":[\"\\ud800\"]}]"}}""",
        ];
        await log.Inner.WriteAsync(tx => tx.InsertRecordsAsync(
            [.. bodies.Select(b => new RecordBytes(System.Text.Encoding.UTF8.GetBytes(b)))]));

        await new RecordIndexer(log.Inner).RunAsync();

        var search = new RecordSearch(log.Inner);
        var filter = new RecordFilter { Limit = 10 };
        Assert.Empty((await search.FindAsync(filter with { Credential = new string('\u20ac', 9000) })).Rows);
        Assert.Equal(
            [0, 1, 2, 3], (await search.FindAsync(filter with { Kind = "unreadable" })).Rows.Select(r => r.Idx));
        Assert.Equal(5, Assert.Single((await search.FindAsync(filter with { Credential = "at_1" })).Rows).Idx);
    }

    private static async Task<List<long>> AllAsync(RecordSearch search, RecordFilter filter)
    {
        var all = new List<long>();
        for (long? after = null; ;)
        {
            var page = await search.FindAsync(filter with { After = after });
            Assert.True(page.Rows.Count <= filter.Limit);
            all.AddRange(page.Rows.Select(r => r.Idx));
            after = page.Place;
            if (after is null) return all;
        }
    }

    private static async Task<RandomRecords> FillAsync(TestLog log, int count)
    {
        var dice = Dice.Any();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {dice.Seed}");
        var random = new RandomRecords(dice, log.Now.ToMicros());
        random.MakeTasks(40);
        await log.Inner.WriteAsync(async tx =>
        {
            await tx.InsertTasksAsync([.. random.Tasks.Select(t => log.Work(t.Id) with
            {
                Workflow = t.Workflow,
                Ancestors = t.Ancestors,
                OnBehalfOf = t.OnBehalfOf,
            })]);
            return 0;
        });
        await AppendAsync(log, random, count);
        return random;
    }

    /// <summary>In steps of uneven size, as the index meets them.</summary>
    private static async Task AppendAsync(TestLog log, RandomRecords random, int count)
    {
        var indexer = new RecordIndexer(log.Inner);
        for (var left = count; left > 0;)
        {
            var step = Math.Min(left, left > 300 ? 217 : 61);
            await log.Inner.WriteAsync(tx => tx.InsertRecordsAsync(random.Make(step)));
            await indexer.RunAsync();
            left -= step;
        }
    }

    /// <summary>A store in which something happens before each write.</summary>
    private sealed class Between(Database inner, Func<Task> happens) : Database
    {
        public override ValueTask<DbConnection> OpenAsync(CancellationToken cancel = default) =>
            inner.OpenAsync(cancel);

        public override DbConnection OpenApart() => inner.OpenApart();

        public override async Task<T> WriteAsync<T>(
            Func<StoreTransaction, Task<T>> work, CancellationToken cancel = default)
        {
            await happens();
            return await inner.WriteAsync(work, cancel);
        }

        public override Task<Lease?> TryLeaseAsync(string name, CancellationToken cancel = default) =>
            inner.TryLeaseAsync(name, cancel);

        public override Task ChangedAsync(CancellationToken cancel) => inner.ChangedAsync(cancel);

        protected override string Ddl(string sharedDdl) => sharedDdl;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
