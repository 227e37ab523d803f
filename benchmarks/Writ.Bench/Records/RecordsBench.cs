using System.Diagnostics;
using Writ.Bench.Servers;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Bench.Records;

/// <summary>
/// ./bench records: questions over ten million records (a million with --quick), straight to the store, and how fast
/// the index is filled. A store in a folder that was named is kept, and filled further by the next run.
/// </summary>
internal static class RecordsBench
{
    private const string Name = "records";
    private const int Step = 10_000;
    private const int Rounds = 40;

    /// <summary>Fills and asks.</summary>
    /// <param name="report">Where the figures go.</param>
    /// <param name="quick">A million records on SQLite alone.</param>
    /// <param name="folder">Where the store lies and is kept; null: it is made for this run.</param>
    /// <param name="records">How many; null: as many as usual.</param>
    public static async Task RunAsync(Report report, bool quick, string? folder, long? records)
    {
        var count = records ?? (quick ? 1_000_000 : 10_000_000);
        var place = folder ?? Directory.CreateTempSubdirectory("writ-bench-").FullName;
        try
        {
            var file = Path.Combine(place, "writ.db");
            await RunAsync(report, "sqlite", new SqliteDatabase(file, TimeProvider.System), count);
            if (!quick)
            {
                await using var cluster = await BenchCluster.StartAsync();
                await RunAsync(
                    report, "postgres", new PostgresDatabase(cluster.ConnectionString, TimeProvider.System), count);
            }
        }
        finally
        {
            if (folder is null) Directory.Delete(place, recursive: true);
        }
    }

    private static async Task RunAsync(Report report, string engine, Database database, long count)
    {
        await using (database)
        {
            await database.MigrateAsync();
            await FillAsync(report, engine, database, count);
            await AskAsync(report, engine, database, count);
        }
    }

    private static async Task FillAsync(Report report, string engine, Database database, long count)
    {
        var store = new RecordStore(database);
        var indexer = new RecordIndexer(database);
        var (indexed, busy) = (0L, TimeSpan.Zero);
        for (var at = await store.HeadAsync(); at < count; at += Step)
        {
            var (from, to) = (at, Math.Min(count, at + Step));
            await database.WriteAsync(async tx =>
            {
                await tx.ExecuteAsync("""
                    INSERT INTO task
                      (id, workflow, agent, parent, ancestors, purpose, on_behalf_of, authority, status, implicit,
                       opened_by, opened_at, deadline)
                    VALUES
                      (@Id, @Workflow, @Agent, @Parent, @Ancestors, @Purpose, @OnBehalfOf, @Authority, @Status,
                       @Implicit, @OpenedBy, @OpenedAt, @Deadline)
                    """, PastRecords.Tasks(from, to));
                await tx.ExecuteAsync(
                    "INSERT INTO record (idx, body) VALUES (@Idx, @Core)",
                    Enumerable.Range(0, (int)(to - from)).Select(i => PastRecords.Of(from + i)));
                return await tx.ExecuteAsync("UPDATE log_head SET next = @to WHERE id = 1", new { to });
            });
            var began = Stopwatch.GetTimestamp();
            await indexer.RunAsync();
            busy += Stopwatch.GetElapsedTime(began);
            indexed += to - from;
            if (to % 1_000_000 == 0) await Console.Error.WriteLineAsync($"  {engine}: {to} records");
        }
        if (indexed > 0)
            report.Add(new Figure(
                Name, $"{engine} index filled, {count} records", indexed / busy.TotalSeconds, "records/s"));
        await database.WriteAsync(tx => tx.ExecuteAsync("ANALYZE record_index"));
    }

    private static async Task AskAsync(Report report, string engine, Database database, long count)
    {
        var (search, store) = (new RecordSearch(database), new RecordStore(database));
        foreach (var (question, of) in Questions(count))
        {
            var (pages, whole, found) = (new List<double>(), new List<double>(), 0L);
            for (var round = 0; round < Rounds; round++)
            {
                var filter = of(PastRecords.Mix((ulong)round * 7919)) with { Limit = 100 };
                var began = Stopwatch.GetTimestamp();
                long? after = null;
                for (var page = 0; ; page++)
                {
                    var one = Stopwatch.GetTimestamp();
                    var answer = await search.FindAsync(filter with { After = after });
                    if (answer.Rows.Count > 0) await store.AtAsync([.. answer.Rows.Select(r => r.Idx)]);
                    pages.Add(Stopwatch.GetElapsedTime(one).TotalMilliseconds);
                    found += answer.Rows.Count;
                    after = answer.Place;
                    // All pages of what is little; of what is much the first ones are what anybody reads.
                    if (after is null || page == 9 || answer.Rows.Count == filter.Limit) break;
                }
                whole.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            Add("page p50", pages, 0.5);
            Add("page p99", pages, 0.99);
            Add("first 100 or all p99", whole, 0.99);
            report.Add(new Figure(Name, $"{engine} {question}: found", (double)found / Rounds, "records"));

            void Add(string what, List<double> times, double part)
            {
                var time = times.Order().ElementAt((int)(times.Count * part * 0.999));
                report.Add(new Figure(Name, $"{engine} {question}: {what}", time, "ms"));
            }
        }
    }

    private static IEnumerable<(string Name, Func<ulong, RecordFilter> Of)> Questions(long count)
    {
        long Place(ulong dice) => (long)(dice % (ulong)count);
        yield return ("agent for user in a month", dice => new RecordFilter
        {
            Identity = PastRecords.Agent(PastRecords.AgentOf(Place(dice))),
            OnBehalfOf = PastRecords.User(PastRecords.UserOf(Place(dice))),
            From = PastRecords.Began + (Place(dice) * PastRecords.Pace) - 1_300_000_000_000,
            To = PastRecords.Began + (Place(dice) * PastRecords.Pace) + 1_300_000_000_000,
        });
        yield return ("agent for user, all the year", dice => new RecordFilter
        {
            Identity = PastRecords.Agent(PastRecords.AgentOf(Place(dice))),
            OnBehalfOf = PastRecords.User(PastRecords.UserOf(Place(dice))),
        });
        yield return ("user, newest", dice => new RecordFilter
        {
            OnBehalfOf = PastRecords.User(dice % PastRecords.Users),
            NewestFirst = true,
        });
        yield return ("agent's refusals by reason, newest", dice => new RecordFilter
        {
            Actor = PastRecords.Agent(dice % PastRecords.Agents),
            Reason = $"refused_{dice % 12}",
            NewestFirst = true,
        });
        yield return ("resource, action and policy", dice => new RecordFilter
        {
            Resource = [PastRecords.Resource(dice % PastRecords.Resources)],
            Action = "orders:write",
            Policy = PastRecords.Policy(Place(dice)),
        });
        yield return ("approved by somebody, for an agent", dice => new RecordFilter
        {
            ApprovedBy = PastRecords.Operator(dice % 40),
            Identity = PastRecords.Agent(dice / 64 % 50),
        });
        yield return ("rare kind, newest", _ => new RecordFilter { Kind = "identity", NewestFirst = true });
        yield return ("two that never meet", dice => new RecordFilter
        {
            Actor = PastRecords.Agent(dice % 50),
            Kind = "identity",
        });
        yield return ("credential", dice => new RecordFilter
        {
            Credential = PastRecords.Jti((Place(dice) / 8 * 8) + 1),
        });
        yield return ("task and all below it", dice => new RecordFilter
        {
            Task = PastRecords.TaskOf(Place(dice) / 32 * 32 + 16),
            IsTree = true,
        });
        yield return ("everything, newest", _ => new RecordFilter { NewestFirst = true });
    }
}
