using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Transparency;

/// <summary>The log's tree with all that belongs to it, wired.</summary>
public sealed class TransparencyLog : IAsyncDisposable
{
    private static readonly TimeSpan WitnessPatience = TimeSpan.FromSeconds(5);

    public TransparencyLog(
        Settings settings, Database database, KeyEncryption encryption, AuditLog audit, RecordIndexer indexer,
        LogParts edge)
    {
        var store = new LogStore(database);
        var anchor = new LogAnchor(settings.DataDirectory);
        Beginning = new LogBeginning(database, settings.TrustDomain.ToString(), encryption, anchor);
        Sequencer = new Sequencer(
            database, new LogTakeover(store, encryption, anchor, settings.LogFloor), LogSteps.Of(database, anchor),
            anchor, edge.Time)
        {
            Confirm = (row, cancel) => Cosigning!.ConfirmAsync(row, cancel),
        };
        Sequencer.Broken += new LogFindings(audit, edge.Ids, edge.Time).RaiseAsync;
        Published = new PublishedLog(store);
        var http = WitnessClient.Client(WitnessPatience);
        Cosigning = new Cosigning(
            database, Published, anchor, [.. settings.Witnesses.Select(w => new WitnessClient(w, http))],
            edge.Logs.CreateLogger("Writ.Witnesses"));
        Endpoints = new LogEndpoints(Published, settings.LogEntriesArePublic);
        Details = new DetailEndpoints(Endpoints, Published, new RecordStore(database));
        Receipts = new ReceiptEndpoint(
            new RecordStore(database), indexer, Published, () => Sequencer.State.Fault is not null);
        edge.Telemetry.Observe("writ.log.size", "Records in the signed tree.", () => Sequencer.State.Published);
        edge.Telemetry.Observe("writ.log.missing", "Records that it does not have yet.", () => Sequencer.State.Missing);
        edge.Telemetry.Observe("writ.log.lag", "Age of the oldest of them, in seconds.", () => Sequencer.LagSeconds);
        edge.Telemetry.Observe(
            "writ.log.checkpoint.age", "Age of the last checkpoint, in seconds.", () => Sequencer.CheckpointAge);
        edge.Telemetry.Observe(
            "writ.log.witnesses.behind", "Witnesses that have not cosigned the last checkpoint.",
            () => Cosigning.Behind);
        edge.Telemetry.Observe(
            "writ.log.witnesses.failures", "Times that a witness was not reached, or refused.",
            () => Cosigning.Failures);
    }

    public Cosigning Cosigning { get; }

    public LogBeginning Beginning { get; }

    public Sequencer Sequencer { get; }

    public PublishedLog Published { get; }

    public LogEndpoints Endpoints { get; }

    public DetailEndpoints Details { get; }

    public ReceiptEndpoint Receipts { get; }

    public HealthPart Health => new("log", () => Sequencer.Trouble);

    /// <summary>Apart from the sequencer: a witness that is slow holds nothing up.</summary>
    public Chore WitnessChore => new("log witnesses", TimeSpan.FromMilliseconds(500), Cosigning.RunAsync);

    public Chore Chore => new("log", TimeSpan.FromMilliseconds(100), Sequencer.RunAsync);

    public ValueTask DisposeAsync()
    {
        Cosigning.Dispose();
        return Sequencer.DisposeAsync();
    }
}

/// <summary>What the log shares with all else.</summary>
public sealed record LogParts(Telemetry Telemetry, IdSource Ids, TimeProvider Time, ILoggerFactory Logs);
