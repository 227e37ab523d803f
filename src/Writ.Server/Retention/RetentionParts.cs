using Writ.Server.Audit;
using Writ.Server.Callers;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Retention;

/// <summary>The room, wired: its endpoints, and its upkeep.</summary>
public sealed class RetentionParts
{
    internal RetentionParts(
        Database database, AuditLog audit, RecordIndexer indexer, PrincipalNames names, IdSource ids, Settings settings,
        TimeProvider time)
    {
        var step = new EraseStep(database, audit, indexer, time);
        var holds = new HoldStore(database);
        Holds = new HoldEndpoints(holds, names, ids);
        Erase = new EraseEndpoints(
            new ErasureStore(database), holds, new RecordStore(database), indexer, new EraseParts(names, ids));
        Details = new DetailRetention(database, step, new DetailParts(audit, indexer), settings.Retention, time);
        Requested = new RequestedErasures(database, step, indexer, settings.ErasureWait, time);
    }

    public HoldEndpoints Holds { get; }
    public EraseEndpoints Erase { get; }
    public DetailRetention Details { get; }
    public RequestedErasures Requested { get; }

    /// <summary>What runs by itself.</summary>
    internal IEnumerable<Chore> Chores =>
    [
        new Chore("retention", TimeSpan.FromMinutes(1), c => Details.RunAsync(c)),
        new Chore("erasure", TimeSpan.FromSeconds(5), c => Requested.RunAsync(c)),
    ];
}
