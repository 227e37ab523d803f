using Writ.Server.Audit;
using Writ.Server.Storage;
using Writ.Testing;

namespace Writ.Server.Tests.Records;

/// <summary>What the index finds is what looking at every record finds.</summary>
public sealed class RecordSearchTests
{
    private const int Records = 1500;
    private const int Questions = 250;

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

        Assert.Equal(600, await indexer.CatchUpAsync());
        Assert.Empty((await search.FindAsync(filter)).Rows);
        await indexer.AgainAsync();

        Assert.Equal(0, await indexer.CatchUpAsync());
        var expected = random.Answer(filter);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, (await search.FindAsync(filter)).Rows.Select(r => r.Idx));
    }

    [Theory, MemberData(nameof(Engines.All), MemberType = typeof(Engines))]
    public async Task Persons_that_were_erased_are_no_longer_found_and_others_are(Engine engine)
    {
        await using var log = await TestLog.OpenAsync(engine);
        var random = await FillAsync(log, 300);
        var search = new RecordSearch(log.Inner);
        var user = new RecordFilter { OnBehalfOf = RandomRecords.User(2), Limit = 500 };
        var approver = new RecordFilter { ApprovedBy = "spiffe://example.org/operator/o1", Limit = 500 };

        await log.Inner.WriteAsync(async tx =>
        {
            await RecordBlocks.ForgetAsync(tx, 100, 300, _ => false);
            return 0;
        });

        foreach (var filter in new[] { user, approver })
        {
            var left = random.Answer(filter).Where(i => i < 100).ToList();
            Assert.Equal(left, (await search.FindAsync(filter)).Rows.Select(r => r.Idx));
        }
        Assert.Equal(0, await log.Inner.FirstAsync<long>(
            "SELECT COUNT(*) FROM record_block WHERE term = @Number AND block >= 1",
            new { new RecordTerm(TermOf.User, RandomRecords.User(2)).Number }));
        var agent = new RecordFilter { Actor = RandomRecords.Agent(3), Limit = 500 };
        Assert.Equal(random.Answer(agent), (await search.FindAsync(agent)).Rows.Select(r => r.Idx));
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
}
