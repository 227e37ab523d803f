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
/// What SDK verifiers follow: signed messages, in the order of the log. What is broadcast is signed once for all
/// readers, and a snapshot for all that come while it is young; what a resuming reader missed is signed for it. A
/// heartbeat says that this replica sees the store; when it does not, it falls silent and verifiers refuse by
/// themselves (DESIGN §5).
/// </summary>
public sealed class RevocationFeed
{
    private const int MaxBehind = 1024;

    /// <summary>Entries in one part of a snapshot: under 4 MiB of text, whatever their handles.</summary>
    public const int PartEntries = 10_000;

    // A snapshot serves so long as little came after it: what did is told behind it, one message for each.
    private const int MostBehindSnapshot = 256;
    private readonly RevocationState _state;
    private readonly RevocationStore _store;
    private readonly SigningKeys _keys;
    private readonly Settings _settings;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Channel<FeedLine>, byte> _readers = new();
    private readonly SemaphoreSlim _making = new(1, 1);
    private Told? _snapshot; // owner: whoever holds _making

    // The index up to which everything has been said to every reader. Moves only after the saying: a reader that is cut
    // off resumes after the last index it heard, and must not have heard one whose revocations it missed.
    private long _spoken;
    private long _learned; // how many revocations came by since the start; owner: Learned's caller

    public RevocationFeed(
        RevocationState state, Database database, SigningKeys keys, Settings settings, TimeProvider time)
    {
        _state = state;
        _store = new RevocationStore(database);
        _keys = keys;
        _settings = settings;
        _time = time;
        state.Learned += (rows, index) =>
        {
            // Nobody to hear it: a start with many revocations signs none, and needs no key to sign them with. Who
            // comes in between has them from the snapshot or the store, which both know them already.
            if (!_readers.IsEmpty) Broadcast(Lines(rows));
            Interlocked.Add(ref _learned, rows.Count);
            Volatile.Write(ref _spoken, index);
        };
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
                    if (_state.IsFresh && !_readers.IsEmpty) Broadcast([Heartbeat(Volatile.Read(ref _spoken))]);
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
        var channel = Channel.CreateBounded<FeedLine>(new BoundedChannelOptions(MaxBehind) { SingleReader = true });
        _readers[channel] = 0; // before the snapshot: what comes between is told twice, never left out
        try
        {
            var spoken = Volatile.Read(ref _spoken);
            // An index that we have not reached is of another past (a store restored from a backup): start over.
            if (after is not { } heard || heard > spoken
                || !string.Equals(epoch, _state.Set.Epoch, StringComparison.Ordinal))
            {
                var told = await SnapshotAsync(spoken, cancel);
                foreach (var line in told.Lines) yield return line;
                heard = told.Index;
            }
            var missed = await _store.SinceAsync(heard + 1, _time.GetUtcNow().ToMicros(), cancel);
            foreach (var line in Lines(missed)) yield return line;
            if (_state.IsFresh) yield return Heartbeat(spoken);
            await foreach (var line in channel.Reader.ReadAllAsync(cancel)) yield return line;
        }
        finally
        {
            _readers.TryRemove(channel, out _);
        }
    }

    private void Broadcast(IReadOnlyList<FeedLine> lines)
    {
        foreach (var (channel, _) in _readers)
            foreach (var line in lines)
                if (!channel.Writer.TryWrite(line))
                {
                    channel.Writer.TryComplete();
                    break;
                }
    }

    private FeedLine[] Lines(IReadOnlyList<RevocationRow> rows)
    {
        var lines = new FeedLine[rows.Count];
        for (var i = 0; i < lines.Length; i++)
        {
            // Only the last row of a record moves the index: a reader cut off between two of them must see both again.
            var isLast = i + 1 == rows.Count || rows[i + 1].Idx != rows[i].Idx;
            var index = isLast ? rows[i].Idx : rows[i].Idx - 1;
            lines[i] = Line("revoked", new RevocationFeedMessage.Revoked(
                _state.Set.Epoch, index, RevocationState.EntryOf(rows[i])));
        }
        return lines;
    }

    /// <summary>The snapshot that new readers share; a new one where the last is old or was signed by a key that signs
    /// no more.</summary>
    private async Task<Told> SnapshotAsync(long spoken, CancellationToken cancel)
    {
        await _making.WaitAsync(cancel);
        try
        {
            var kid = Signer().Kid;
            return _snapshot is { } known && Interlocked.Read(ref _learned) - known.Learned < MostBehindSnapshot
                && string.Equals(known.Kid, kid, StringComparison.Ordinal)
                ? known
                : _snapshot = Tell(spoken, kid);
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>
    /// All that is known, as of an index read before: an entry too many is harmless, one too few is not.
    /// </summary>
    private Told Tell(long spoken, string? kid)
    {
        var learned = Interlocked.Read(ref _learned);
        var whole = new RevocationFeedMessage.Snapshot(_state.Set.Epoch, spoken, _state.Set.ToSnapshot().Entries);
        var lines = whole.InParts(IdSource.Secret("snapshot")[..24], PartEntries)
            // Only the last part bears an id: a reader cut off before it must not resume behind what it never heard.
            .Select(part => Line("snapshot", part) is var line && part.IsLast ? line : line with { Id = null });
        return new Told(spoken, learned, kid, [.. lines]);
    }

    private FeedLine Heartbeat(long spoken) => Line(
        "heartbeat", new RevocationFeedMessage.Heartbeat(_state.Set.Epoch, spoken, _time.GetUtcNow()));

    private FeedLine Line(string kind, RevocationFeedMessage message)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{message.Epoch}:{message.Index}");
        return new FeedLine(id, kind, Signer().Sign(RevocationFeedMessage.Typ, message.ToPayload()));
    }

    private JwsSigner Signer() =>
        _keys.Current(KeyPurpose.Feed) ?? throw new InvalidOperationException("There is no feed key.");

    private sealed record Told(long Index, long Learned, string? Kid, IReadOnlyList<FeedLine> Lines);
}

/// <summary>One message of the feed, ready to be sent.</summary>
/// <param name="Id">Epoch and index, where a reader resumes; null where it could not.</param>
/// <param name="Kind">snapshot, revoked or heartbeat.</param>
/// <param name="Data">The signed message.</param>
public sealed record FeedLine(string? Id, string Kind, string Data);
