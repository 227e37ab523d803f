using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Transparency;

/// <summary>The log's tree with all that belongs to it, wired.</summary>
public sealed class TransparencyLog : IAsyncDisposable
{
    public TransparencyLog(
        Settings settings, Database database, KeyEncryption encryption, AuditLog audit, RecordIndexer indexer,
        (Telemetry Telemetry, IdSource Ids, TimeProvider Time) edge)
    {
        var store = new LogStore(database);
        var anchor = new LogAnchor(settings.DataDirectory);
        Beginning = new LogBeginning(database, settings.TrustDomain.ToString(), encryption);
        Sequencer = new Sequencer(
            database, new LogTakeover(store, encryption, anchor, settings.LogFloor), LogSteps.Of(database, anchor),
            anchor, edge.Time);
        Sequencer.Broken += new LogFindings(audit, edge.Ids, edge.Time).RaiseAsync;
        Published = new PublishedLog(store);
        Endpoints = new LogEndpoints(Published, settings.LogEntriesArePublic);
        Receipts = new ReceiptEndpoint(new RecordStore(database), indexer, Published);
        edge.Telemetry.Observe("writ.log.size", "Records in the signed tree.", () => Sequencer.State.Published);
        edge.Telemetry.Observe("writ.log.missing", "Records that it does not have yet.", () => Sequencer.State.Missing);
        edge.Telemetry.Observe("writ.log.lag", "Age of the oldest of them, in seconds.", () => Sequencer.LagSeconds);
        edge.Telemetry.Observe(
            "writ.log.checkpoint.age", "Age of the last checkpoint, in seconds.", () => Sequencer.CheckpointAge);
    }

    public LogBeginning Beginning { get; }

    public Sequencer Sequencer { get; }

    public PublishedLog Published { get; }

    public LogEndpoints Endpoints { get; }

    public ReceiptEndpoint Receipts { get; }

    public HealthPart Health => new("log", () => Sequencer.State.Fault?.Message);

    public Chore Chore => new("log", TimeSpan.FromMilliseconds(100), Sequencer.RunAsync);

    public ValueTask DisposeAsync() => Sequencer.DisposeAsync();
}
