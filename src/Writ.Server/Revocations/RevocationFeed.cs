using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// What SDK verifiers follow: signed messages, in the order of the log. Each is signed once, for all who hear it, by
/// the first reader that comes to it: never on the thread that looks at the store, which many signatures would make
/// blind. What is more than is worth telling one by one, to those who listen or to one that resumes, is a snapshot,
/// made once for all that come while it is young. A heartbeat says that this replica sees the store; when it does not,
/// it falls silent and verifiers refuse by themselves (docs/revocation.md).
/// </summary>
public sealed class RevocationFeed
{
    /// <summary>The most revocations that are told one by one: at once, to a reader that missed them, or behind a
    /// snapshot, which serves so long as no more came after it.</summary>
    public const int MostSingly = 512;

    /// <summary>Bytes of a part of a snapshot: as text, half of what a verifier reads (<see cref="JwsLimits.Feed"/>).
    /// </summary>
    public const int PartBytes = 3 * 1024 * 1024;

    private const int MaxBehind = 4 * MostSingly;
    private static readonly Lazy<FeedLine>?[] Many = [null];
    private readonly RevocationState _state;
    private readonly RevocationStore _store;
    private readonly Registry _registry;
    private readonly SigningKeys _keys;
    private readonly Settings _settings;
    private readonly TimeProvider _time;

    // What each reader is still to hear; null: more than is worth telling one by one, so a snapshot.
    private readonly ConcurrentDictionary<Channel<Lazy<FeedLine>?>, byte> _readers = new();

    // The latest revocations as they were signed. A row may be the last of its record that still matters, or not.
    private readonly ConcurrentDictionary<(string? Kid, long Idx, int N, bool IsLast), Lazy<FeedLine>> _told = new();
    private readonly SemaphoreSlim _making = new(1, 1);
    private Told? _snapshot; // owner: whoever holds _making

    // Up to where everything has been said to every reader. Moves only after the saying: a reader that is cut off
    // resumes after the last index it heard, and must not have heard one whose revocations it missed.
    private volatile Said _said = new(0, 0); // owner: Hear
    private long _learned; // how many revocations came by since the start, those about to be said too; owner: Hear

    public RevocationFeed(
        RevocationState state, Database database, Registry registry, SigningKeys keys, Settings settings,
        TimeProvider time)
    {
        _registry = registry;
        _state = state;
        _store = new RevocationStore(database);
        _keys = keys;
        _settings = settings;
        _time = time;
        state.Learned += Hear;
    }

    /// <summary>Speaks a heartbeat as long as this replica is fresh.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(_settings.Heartbeat, _time);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                while (await timer.WaitForNextTickAsync(stop))
                    if (_state.IsFresh && !_readers.IsEmpty)
                        Broadcast([new Lazy<FeedLine>(Heartbeat(_said.Index))]);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // The broker stops.
            }
            catch (InvalidOperationException)
            {
                // No key to sign with at this moment: silence, and verifiers refuse by themselves until there is one.
            }
        }
    }

    /// <summary>Reads the feed: a snapshot of all that still matters, or what came after an index of this epoch; then
    /// whatever comes. Ends when the reader falls too far behind: it comes back and resumes.</summary>
    public async IAsyncEnumerable<FeedLine> ReadAsync(
        string? epoch, long? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        var channel = Channel.CreateBounded<Lazy<FeedLine>?>(
            new BoundedChannelOptions(MaxBehind) { SingleReader = true });
        _readers[channel] = 0; // before the snapshot: what comes between is told twice, never left out
        try
        {
            var spoken = _said.Index;
            // An index that we have not reached is of another past (a store restored from a backup): start over.
            var isKnown = after <= spoken && string.Equals(epoch, _state.Set.Epoch, StringComparison.Ordinal);
            var missed = isKnown ? await MissedAsync(after!.Value, cancel) : null;
            if (missed is null)
            {
                var told = await SnapshotAsync(cancel);
                foreach (var line in told.Lines) yield return line;
                missed = await MissedAsync(told.Said.Index, cancel);
                // As much came while that was told, or is about to be seen here: let the reader come back for it.
                if (missed is null) yield break;
            }
            foreach (var line in Lines(missed)) yield return line.Value;
            if (_state.IsFresh) yield return Heartbeat(spoken);
            await foreach (var next in channel.Reader.ReadAllAsync(cancel))
            {
                if (next is not null)
                {
                    yield return next.Value;
                    continue;
                }
                // Made no earlier than all that this reader has heard, since so much was learned after any before it.
                spoken = _said.Index;
                foreach (var line in (await SnapshotAsync(cancel)).Lines) yield return line;
                if (_state.IsFresh) yield return Heartbeat(spoken);
            }
        }
        finally
        {
            _readers.TryRemove(channel, out _);
        }
    }

    /// <summary>What the look at the store found, on its thread: passed on, not signed.</summary>
    private void Hear(IReadOnlyList<RevocationRow> rows, long index)
    {
        // Nobody to hear it: a start needs no key to sign with. Who comes in between has it from the snapshot or the
        // store, which both know it already.
        Lazy<FeedLine>?[] lines = _readers.IsEmpty ? [] : rows.Count > MostSingly ? Many : Lines(rows);
        var learned = Interlocked.Add(ref _learned, rows.Count); // before anybody asks for a snapshot of it
        Broadcast(lines);
        _said = new Said(index, learned);
    }

    private void Broadcast(ReadOnlySpan<Lazy<FeedLine>?> lines)
    {
        foreach (var (channel, _) in _readers)
            foreach (var line in lines)
                if (!channel.Writer.TryWrite(line))
                {
                    channel.Writer.TryComplete();
                    break;
                }
    }

    /// <summary>What came after an index; null when that is more than is told one by one.</summary>
    private async Task<IReadOnlyList<RevocationRow>?> MissedAsync(long heard, CancellationToken cancel)
    {
        var rows = await _store.SinceAsync(heard + 1, _time.GetUtcNow().ToMicros(), MostSingly + 1, cancel);
        return rows.Count > MostSingly ? null : rows;
    }

    private Lazy<FeedLine>[] Lines(IReadOnlyList<RevocationRow> rows)
    {
        if (rows.Count == 0) return [];
        var signer = Signer(); // now: where there is none, the look fails and is repeated
        if (_told.Count > 2 * MostSingly) _told.Clear();
        var lines = new Lazy<FeedLine>[rows.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            var row = rows[i];
            // Only the last row of a record moves the index: a reader cut off between two of them must see both again.
            var isLast = i + 1 == rows.Count || rows[i + 1].Idx != row.Idx;
            lines[i] = _told.GetOrAdd((signer.Kid, row.Idx, row.N, isLast), _ => new Lazy<FeedLine>(() => Line(
                "revoked",
                new RevocationFeedMessage.Revoked(
                    _state.Set.Epoch, isLast ? row.Idx : row.Idx - 1, RevocationState.EntryOf(row)),
                signer)));
        }
        return lines;
    }

    /// <summary>The snapshot that new readers share; a new one where the last is old or was signed by a key that signs
    /// no more.</summary>
    private async Task<Told> SnapshotAsync(CancellationToken cancel)
    {
        await _making.WaitAsync(cancel);
        try
        {
            var signer = Signer();
            return _snapshot is { } known && Interlocked.Read(ref _learned) - known.Said.Learned <= MostSingly
                && string.Equals(known.Kid, signer.Kid, StringComparison.Ordinal)
                ? known
                : _snapshot = Tell(signer);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>
    /// All that is known, as of what was said before: an entry too many is harmless, one too few is not.
    /// </summary>
    private Told Tell(JwsSigner signer)
    {
        var said = _said;
        var whole = new RevocationFeedMessage.Snapshot(_state.Set.Epoch, said.Index, _state.Set.ToSnapshot().Entries);
        var lines = whole.InParts(IdSource.Secret("snapshot")[..24], PartBytes)
            // Only the last part bears an id: a reader cut off before it must not resume behind what it never heard.
            .Select(part => Line("snapshot", part, signer) is var line && part.IsLast ? line : line with { Id = null });
        return new Told(said, signer.Kid, [.. lines]);
    }

    private FeedLine Heartbeat(long spoken) => Line(
        "heartbeat",
        new RevocationFeedMessage.Heartbeat(_state.Set.Epoch, spoken, _time.GetUtcNow())
        {
            Registry = _registry.SeenVersion,
        },
        Signer());

    private static FeedLine Line(string kind, RevocationFeedMessage message, JwsSigner signer)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{message.Epoch}:{message.Index}");
        return new FeedLine(id, kind, signer.Sign(RevocationFeedMessage.Typ, message.ToPayload()));
    }

    private JwsSigner Signer() =>
        _keys.Current(KeyPurpose.Feed) ?? throw new InvalidOperationException("There is no feed key.");

    private sealed record Said(long Index, long Learned);

    private sealed record Told(Said Said, string? Kid, IReadOnlyList<FeedLine> Lines);
}

/// <summary>One message of the feed, ready to be sent.</summary>
/// <param name="Id">Epoch and index, where a reader resumes; null where it could not.</param>
/// <param name="Kind">snapshot, revoked or heartbeat.</param>
/// <param name="Data">The signed message.</param>
public sealed record FeedLine(string? Id, string Kind, string Data);
