using System.Data.Common;
using Writ.Protocol;
using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// What this replica knows to be revoked, and whether it knows it well enough. Its own commits count at once; the
/// others' come through the store. A replica whose last successful look at the store began too long ago refuses
/// (docs/revocation.md).
/// </summary>
public sealed class RevocationState
{
    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private long _checkBegan; // a timestamp of the clock that never jumps; owner: Look
    private long _checkedAt; // the same moment by the time of day, which goes on while a machine sleeps; owner: Look
    private long _inSightSince; // by the time of day; owner: Look
    private long _next; // the first index not yet read from the store; owner: Look

    public RevocationState(Database database, AuditLog audit, RevocationSet set, TimeProvider time, TimeSpan limit)
    {
        Set = set;
        _database = database;
        _time = time;
        _limit = limit;
        audit.Revoked += AddOwn;
        // Later than new requests are refused, since a moment's blindness is no cut; within a second of one, though.
        audit.GiveUpWhen(() => Interlocked.Read(ref _checkBegan) is var began and not 0
            && time.GetElapsedTime(began) > 1.8 * limit);
    }

    /// <summary>Everything revoked, as this replica knows it.</summary>
    public RevocationSet Set { get; }

    /// <summary>Rows as the store shows them: in the order of the log, without gaps. The feed speaks only of these,
    /// since a reader that resumes after an index must have heard of all before it.</summary>
    public event Action<IReadOnlyList<RevocationRow>, long>? Learned;

    /// <summary>Whether decisions that rest on "not revoked" may be made here now.</summary>
    public bool IsFresh => Interlocked.Read(ref _checkBegan) is var began and not 0
        && _time.GetElapsedTime(began) < _limit;

    /// <summary>How long ago the last look began that succeeded: nothing that was revoked before that is unknown here.
    /// </summary>
    public double AgeSeconds => Interlocked.Read(ref _checkBegan) is var began and not 0
        ? _time.GetElapsedTime(began).TotalSeconds
        : 0;

    /// <summary>Since when this replica has seen the store without a gap; null when it does not see it at this moment.
    /// Who was not heard before then may have called on a broker that was not there.</summary>
    public DateTimeOffset? InSightSince =>
        IsFresh && _time.GetUtcNow() - Instant.FromMicros(Interlocked.Read(ref _checkedAt)) < _limit
            ? Instant.FromMicros(Interlocked.Read(ref _inSightSince))
            : null;

    /// <summary>A look at the store is wanted soon: something was revoked here.</summary>
    public event Action? Wanted;

    /// <summary>Reads what is new in the store, in a blocking call on that connection.</summary>
    public void Look(DbConnection connection)
    {
        var wasInSight = InSightSince is not null;
        var began = _time.GetTimestamp();
        var at = _time.GetUtcNow().ToMicros();
        var rows = RevocationStore.Since(connection, _next, at);
        foreach (var row in rows) Set.Add(row.Idx, EntryOf(row));
        if (rows.Count > 0)
        {
            Learned?.Invoke(rows, rows[^1].Idx);
            _next = rows[^1].Idx + 1; // only now: what could not be said is read and said again
        }
        // In this order: whoever finds the view fresh again finds since when.
        if (!wasInSight) Interlocked.Exchange(ref _inSightSince, _time.GetUtcNow().ToMicros());
        Interlocked.Exchange(ref _checkedAt, at);
        Interlocked.Exchange(ref _checkBegan, began);
    }

    /// <summary>Drops what no longer matters, here and, a while later, in the store.</summary>
    public async Task PruneAsync(CancellationToken cancel = default)
    {
        Set.Prune(_time.GetUtcNow());
        await _database.WriteAsync(RevocationStore.PruneAsync, cancel);
    }

    public static RevocationEntry EntryOf(RevocationRow row) => new(
        new RevocationHandle(row.Kind, row.Value),
        Instant.FromMicros(row.IssuedBefore),
        Instant.FromMicros(row.MattersUntil),
        row.Reason);

    /// <summary>Called by the audit log after its commit and before anybody is answered.</summary>
    private void AddOwn(IReadOnlyList<RevocationRow> rows)
    {
        foreach (var row in rows) Set.Add(EntryOf(row));
        Wanted?.Invoke();
    }
}
