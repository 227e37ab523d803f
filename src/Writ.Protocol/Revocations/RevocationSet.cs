using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Writ.Protocol;

/// <summary>
/// The revocations that still matter, as a replica or a verifier knows them. Readers never wait; one writer at a time
/// applies messages (a lock sees to it).
/// </summary>
public sealed class RevocationSet
{
    private readonly Lock _writing = new();

    // Swapped whole by a snapshot, so that no reader sees a half-filled set.
    private volatile State _state = new("", 0, []);

    // A snapshot of which not all parts have come; guarded by _writing. Until it is whole it counts for nothing.
    private Gathering? _gathering;

    /// <summary>The epoch of the last message; empty before the first.</summary>
    public string Epoch => _state.Epoch;

    /// <summary>The index of the last message.</summary>
    public long Index => Interlocked.Read(ref _state.Index);

    /// <summary>How many revocations are held.</summary>
    public int Count => _state.Entries.Count;

    /// <summary>Takes over a message of the feed.</summary>
    /// <returns>
    /// False when it cannot be applied: another epoch, before any snapshot, or in the midst of one. The set is
    /// unchanged, and the reader must ask for a snapshot.
    /// </returns>
    public bool Apply(RevocationFeedMessage message)
    {
        lock (_writing)
        {
            var gathering = _gathering;
            _gathering = null; // what is not its next part ends it
            if (message is RevocationFeedMessage.Snapshot snapshot)
                return Gather(gathering, snapshot);
            if (gathering is not null || message.Epoch != _state.Epoch)
                return false;
            if (message is RevocationFeedMessage.Revoked revoked)
                Merge(_state.Entries, revoked.Entry);
            Advance(message.Index);
            return true;
        }
    }

    /// <summary>Whether a snapshot has begun and not all its parts have come.</summary>
    public bool IsGathering
    {
        get
        {
            lock (_writing)
                return _gathering is not null;
        }
    }

    /// <summary>Begins an epoch with nothing in it: for the broker, which is where epochs come from.</summary>
    public void Reset(string epoch, long index)
    {
        lock (_writing)
            _state = new State(epoch, index, []);
    }

    /// <summary>Adds a revocation; of two for one handle the stricter part of each holds.</summary>
    public void Add(RevocationEntry entry)
    {
        lock (_writing)
            Merge(_state.Entries, entry);
    }

    /// <summary>Adds a revocation found at an index of the log.</summary>
    public void Add(long index, RevocationEntry entry)
    {
        lock (_writing)
        {
            Merge(_state.Entries, entry);
            Advance(index);
        }
    }

    /// <summary>Forgets what can no longer kill a live token.</summary>
    public void Prune(DateTimeOffset now)
    {
        lock (_writing)
        {
            foreach (var (handle, entry) in _state.Entries)
            {
                if (entry.MattersUntil <= now)
                    _state.Entries.TryRemove(handle, out _);
            }
        }
    }

    /// <summary>Everything held, with the index that it goes up to: the first message for a new reader.</summary>
    public RevocationFeedMessage.Snapshot ToSnapshot()
    {
        lock (_writing)
            return new RevocationFeedMessage.Snapshot(_state.Epoch, _state.Index, [.. _state.Entries.Values]);
    }

    /// <summary>Whether any of the handles is revoked for tokens issued at that time.</summary>
    public bool IsRevoked(
        IEnumerable<RevocationHandle> handles,
        DateTimeOffset issuedAt,
        [NotNullWhen(true)] out RevocationEntry? entry)
    {
        var entries = _state.Entries;
        entry = null;
        if (entries.IsEmpty)
            return false;
        foreach (var handle in handles)
        {
            if (entries.TryGetValue(handle, out entry) && issuedAt <= entry.IssuedBefore)
                return true;
        }

        entry = null;
        return false;
    }

    /// <summary>Whether the token is revoked.</summary>
    /// <param name="token">The verified claims.</param>
    /// <param name="kid">The key that signed it.</param>
    /// <param name="entry">Why.</param>
    public bool IsRevoked(AccessTokenClaims token, string kid, [NotNullWhen(true)] out RevocationEntry? entry) =>
        IsRevoked(token.Handles(kid), token.IssuedAt, out entry);

    private static void Merge(
        ConcurrentDictionary<RevocationHandle, RevocationEntry> entries, RevocationEntry entry) =>
        entries.AddOrUpdate(
            entry.Handle,
            static (_, added) => added,
            static (_, held, added) => held with
            {
                IssuedBefore = held.IssuedBefore > added.IssuedBefore ? held.IssuedBefore : added.IssuedBefore,
                MattersUntil = held.MattersUntil > added.MattersUntil ? held.MattersUntil : added.MattersUntil,
            },
            entry);

    private bool Gather(Gathering? begun, RevocationFeedMessage.Snapshot part)
    {
        if (part.Part == 0)
            begun = new Gathering(part);
        else if (begun is null || !begun.IsNext(part))
            return false;
        foreach (var entry in part.Entries)
            Merge(begun.Entries, entry);
        begun.Parts++;
        if (part.IsLast)
            _state = new State(part.Epoch, part.Index, begun.Entries);
        else
            _gathering = begun;
        return true;
    }

    private void Advance(long index)
    {
        if (index > _state.Index)
            Interlocked.Exchange(ref _state.Index, index);
    }

    private sealed class Gathering(RevocationFeedMessage.Snapshot first)
    {
        public long Parts { get; set; }

        public ConcurrentDictionary<RevocationHandle, RevocationEntry> Entries { get; } = new();

        public bool IsNext(RevocationFeedMessage.Snapshot part) =>
            part.Part == Parts && part.Id == first.Id && part.Epoch == first.Epoch && part.Index == first.Index;
    }

    private sealed class State(
        string epoch, long index, ConcurrentDictionary<RevocationHandle, RevocationEntry> entries)
    {
        public long Index = index;

        public string Epoch { get; } = epoch;

        public ConcurrentDictionary<RevocationHandle, RevocationEntry> Entries { get; } = entries;
    }
}
