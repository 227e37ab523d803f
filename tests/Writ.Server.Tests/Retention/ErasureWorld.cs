using System.Text;
using System.Text.Json;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Retention;
using Writ.Server.Storage;

namespace Writ.Server.Tests;

/// <summary>A log with what erases it, without a broker around; and the rule that its verifiers go by.</summary>
public sealed class ErasureWorld : IAsyncDisposable
{
    private readonly TestStore _store;

    private ErasureWorld(TestStore store, TestLog log)
    {
        _store = store;
        Log = log;
        Indexer = new RecordIndexer(log.Inner);
        Step = new EraseStep(log.Database, log.Audit, Indexer, log.Time);
        Requested = new RequestedErasures(log.Database, Step, Indexer, TimeSpan.Zero, log.Time);
    }

    public TestLog Log { get; }
    public RecordIndexer Indexer { get; }
    public EraseStep Step { get; }
    public RequestedErasures Requested { get; }

    public string Folder => _store.Folder;

    public static async Task<ErasureWorld> OpenAsync(Engine engine)
    {
        var store = await TestStore.CreateAsync(engine);
        return new ErasureWorld(store, await TestLog.OpenAsync(store));
    }

    public DetailRetention Retention(params RetentionRule[] rules) =>
        new(Log.Database, Step, new DetailParts(Log.Audit, Indexer), rules, Log.Time);

    /// <summary>A record, and its index.</summary>
    public async Task<long> AppendAsync(AuditEvent e, params Claim[] claims)
    {
        var done = Assert.IsType<Appended.Done>(await Log.Audit.AppendOwnActAsync(e, claims));
        await Indexer.RunAsync();
        return done.Receipt.Index;
    }

    public async Task<string> HoldAsync(HoldRow hold)
    {
        Assert.Null(await Log.Inner.WriteAsync(tx => HoldStore.InsertAsync(tx, hold)));
        return hold.Id;
    }

    public HoldRow Hold(string id, string? who = null) => new()
    {
        Id = id,
        ByWhom = "o",
        At = Log.Time.GetUtcNow().ToMicros(),
        Because = "court",
        Who = who,
    };

    /// <summary>Asks for an erasure of all that there is until now.</summary>
    public async Task<string> AskAsync(RecordSelection what)
    {
        var row = new ErasureRow
        {
            Id = $"erase_{await Log.HeadAsync()}",
            ByWhom = "o",
            At = Log.Time.GetUtcNow().ToMicros(),
            Who = what.Who,
            Task = what.Task,
            Kind = what.Kind,
            FromAt = what.FromAt,
            ToAt = what.ToAt,
            Head = await Log.HeadAsync(),
        };
        await Log.Inner.WriteAsync(tx => ErasureStore.InsertAsync(tx, row));
        return row.Id;
    }

    public async Task<ErasureRow> FindAsync(string id) => (await new ErasureStore(Log.Inner).FindAsync(id))!;

    /// <summary>The indexes of what is erased. Each is covered by a record that says so, and nothing else is.</summary>
    public Task<long[]> ErasedAsync() => ErasedAsync(Log.Inner);

    /// <summary>Just these are.</summary>
    public async Task IsErasedAsync(params long[] places) => Assert.Equal(places, await ErasedAsync());

    public static async Task<long[]> ErasedAsync(Database database)
    {
        var rows = await new RecordStore(database).FromAsync(0, 100_000);
        var covered = rows.Select(r => JsonElement.Parse(r.Core))
            .Where(c => c.GetProperty("kind").GetString() == "audit.erase" && c.TryGetProperty("erased", out _))
            .SelectMany(c => c.GetProperty("erased").EnumerateArray())
            .SelectMany(r => Range(r[0].GetInt64(), r[1].GetInt64())).ToArray();
        var erased = rows.Where(r => r.IsErased).Select(r => r.Idx).ToArray();
        Assert.Equal(erased, covered.Order());
        return erased;
    }

    /// <summary>What the index keeps of blocks is no more than what their records are found by.</summary>
    public static async Task IsForgottenAsync(Database database)
    {
        var rows = await database.QueryAsync<RecordIndexRow>("SELECT * FROM record_index");
        var kept = (await database.QueryAsync<BlockTerm>("SELECT term, block FROM record_block"))
            .Select(k => (k.Term, k.Block)).Order();
        Assert.Equal(RecordBlocks.Of(rows).Terms.Order(), kept);
    }

    private sealed record BlockTerm
    {
        public long Term { get; init; }
        public long Block { get; init; }
    }

    /// <summary>All that the store holds, but for records of erasures and the registers, as text.</summary>
    public static async Task<string> TextAsync(Database database)
    {
        var text = new StringBuilder();
        foreach (var row in await new RecordStore(database).FromAsync(0, 100_000))
            if (!RecordBody.Index(row).Kind.StartsWith("audit.", StringComparison.Ordinal))
                text.Append(Encoding.UTF8.GetString(row.Body)).Append('\n');
        foreach (var sql in (string[])
            [
                "SELECT * FROM record_index WHERE kind NOT LIKE 'audit.%'", "SELECT * FROM notice",
                "SELECT * FROM task", "SELECT * FROM approval", "SELECT * FROM erasure",
            ])
            foreach (var row in await database.QueryAsync<dynamic>(sql))
                text.Append(string.Join('|', ((IDictionary<string, object>)row).Values)).Append('\n');
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var at = from; at < to; at++) yield return at;
    }
}
