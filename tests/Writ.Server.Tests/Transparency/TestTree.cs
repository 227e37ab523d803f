using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;
using Writ.Testing;
using Writ.Tlog;

namespace Writ.Server.Tests.Transparency;

/// <summary>A store with its tree, any number of sequencers on it, and the memory of every checkpoint that was ever
/// seen: all must be heads of one log, which is that of the records.</summary>
internal sealed class TestTree : IAsyncDisposable
{
    private readonly KeyEncryption _encryption;
    private readonly List<Sequencer> _sequencers = [];
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Database _database;

    private TestTree(TestStore store, Database database, FakeTimeProvider time)
    {
        (Store, _database, Time) = (store, database, time);
        _encryption = KeyEncryption.FromFile(Path.Combine(store.Folder, "kek"));
        Beginning = new LogBeginning(database, "example.org", _encryption, Anchor);
        Logs = new LogStore(database);
    }

    public TestStore Store { get; }

    public Database Database => _database;

    public FakeTimeProvider Time { get; }

    public LogStore Logs { get; }

    public LogBeginning Beginning { get; }

    public LogAnchor Anchor => new(Store.Folder);

    public static async Task<TestTree> OpenAsync(Engine engine)
    {
        var tree = await OpenAsync(await TestStore.CreateAsync(engine), FakeTimeProvider.AtPresent());
        await tree.Beginning.EnsureAsync();
        return tree;
    }

    /// <summary>On a store that is there, which it then owns.</summary>
    public static async Task<TestTree> OpenAsync(TestStore store, FakeTimeProvider time) =>
        new(store, await store.OpenMigratedAsync(time), time);

    /// <summary>Closes what is open on the store, and forgets nothing.</summary>
    public async Task CloseAsync()
    {
        foreach (var sequencer in _sequencers) await sequencer.DisposeAsync();
        _sequencers.Clear();
        await _database.DisposeAsync();
        _encryption.Dispose();
    }

    /// <summary>One more replica's, or the next one's.</summary>
    public Sequencer Sequencer(Func<LogSteps, LogSteps>? change = null, LogFloor? floor = null)
    {
        var steps = LogSteps.Of(_database, Anchor);
        var sequencer = new Sequencer(
            _database, new LogTakeover(Logs, _encryption, Anchor, floor), change?.Invoke(steps) ?? steps, Anchor, Time);
        sequencer.Published += row => { lock (_seen) _seen.Add(row.Note); };
        _sequencers.Add(sequencer);
        return sequencer;
    }

    /// <summary>A turn a second later, so that a checkpoint is due.</summary>
    public Task TurnAsync(Sequencer sequencer)
    {
        Time.Advance(TimeSpan.FromSeconds(10)); // beyond a fault's pause, too
        return sequencer.RunAsync();
    }

    public Task AppendAsync(int records) => _database.WriteAsync(async tx =>
    {
        await tx.LockLogAsync(new ClaimSubjects([], [], false));
        return await tx.InsertRecordsAsync([.. Enumerable.Range(0, records).Select(n =>
            RecordBody.Write(
                new AuditEvent { Kind = "test.append", Actor = "writ", RequestId = $"{n}" }, "allow", null, null,
                Time.GetUtcNow()))]);
    });

    /// <summary>What the tree hashes, from a record on.</summary>
    public async Task<byte[][]> EntriesAsync(long from = 0)
    {
        var entries = new List<byte[]>();
        await Logs.EachAsync(from, long.MaxValue, core => entries.Add(LogLeaf.Of(core).ToArray()));
        return [.. entries];
    }

    /// <summary>
    /// The invariant, after whatever happened: each checkpoint that anybody ever saw, and each in the store, is a head
    /// of the log of the records, rightly signed.
    /// </summary>
    public async Task HoldsAsync(long? number = null)
    {
        var row = (await Logs.FindAsync(number))!;
        var entries = await EntriesAsync(row.Base);
        var stored = (await Logs.HistoryAsync(row.N, 0, 100_000)).Select(h => h.Note).ToList();
        string[] seen;
        lock (_seen) seen = [.. _seen];
        var ours = seen.Where(n => n.StartsWith(row.Origin + "\n", StringComparison.Ordinal)).ToList();
        foreach (var note in ours) Assert.Contains(note, stored);
        using var key = VerifierKey.Parse(row.Verifier);
        foreach (var text in stored)
        {
            Assert.True(SignedNote.TryParse(text, out var note));
            Assert.Single(note.Verify([key]));
            Assert.True(Checkpoint.TryParse(note.Text, out var head));
            Assert.Equal(row.Origin, head.Origin);
            Assert.Equal(
                Convert.ToBase64String(ReferenceTree.Root(entries.AsSpan(0, (int)head.Size))), head.Root.ToString());
        }
    }

    /// <summary>The last checkpoint covers all records.</summary>
    public async Task CoversAllAsync()
    {
        var row = (await Logs.CurrentAsync())!;
        var head = (await Logs.HeadAsync(null))!;
        Assert.Equal(await new RecordStore(_database).HeadAsync(), row.Base + head.Size);
        Assert.Equal(row.Size, head.Size);
        await HoldsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await Store.DisposeAsync();
    }
}
