using System.Buffers;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Writ.Tlog;

/// <summary>
/// Verifies a whole log that is held as tiles (C2SP tlog-tiles): hashes every entry again, holds every tile and every
/// checkpoint that is known against the tree, and says where the first divergence is. It trusts the log's key and
/// nothing else; its memory does not grow with the log.
/// </summary>
/// <param name="source">The log.</param>
/// <param name="log">Its key, whose name is the origin of its checkpoints.</param>
/// <param name="witnesses">The witnesses that are trusted.</param>
public sealed class LogVerifier(LogSource source, VerifierKey log, IReadOnlyList<VerifierKey> witnesses)
{
    private const string HeadPath = "checkpoint";
    private const string HistoryPath = "checkpoints";

    /// <summary>How many bundles are hashed at a time.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether signatures of keys that nobody named are a fault; else they are passed over.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Looks at entries.</summary>
    public EntriesCheck? Check { get; init; }

    /// <summary>Told how many entries of how many are done; by one thread at a time.</summary>
    public Action<long, long>? Progress { get; init; }

    /// <summary>Verifies all that there is.</summary>
    /// <param name="history">The checkpoints that the log published, smallest first; null: only its head is known.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    public async Task<LogVerdict> VerifyAsync(
        IAsyncEnumerable<SignedNote>? history, CancellationToken cancel = default)
    {
        var head = new CheckpointTrail(log, witnesses, IsStrict);
        if (await HeadAsync(head, cancel) is { } headless) return new LogVerdict(head.Last, headless);
        var trail = new CheckpointTrail(log, witnesses, IsStrict);
        await using var notes = (history ?? None()).GetAsyncEnumerator(cancel);
        var walk = new Walk(head.Last!, trail, notes, history is not null);
        var fault = await walk.NextAsync() ?? await BundlesAsync(walk, cancel) ?? await EndAsync(walk, cancel);
        return new LogVerdict(head.Last, fault)
        {
            Checkpoints = Math.Max(1, trail.Count),
            Cosigned = trail.Count > 0 ? trail.Cosigned : head.Cosigned,
            HeadCosigned = head.LastCosigned,
        };
    }

    private async Task<LogDivergence?> HeadAsync(CheckpointTrail head, CancellationToken cancel)
    {
        var bytes = new ArrayBufferWriter<byte>();
        if (!await source(HeadPath, SignedNote.MaxBytes, bytes, cancel))
            return new LogDivergence(HeadPath, "nothing", "a signed checkpoint");
        return SignedNote.TryParse(bytes.WrittenSpan, out var note)
            ? head.Take(HeadPath, note)
            : new LogDivergence(HeadPath, "no signed checkpoint", "one");
    }

    // Bundles are hashed by several threads, and taken in the order of the log.
    private async Task<LogDivergence?> BundlesAsync(Walk walk, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var free = new ConcurrentBag<BundleWork>();
        var ahead = Channel.CreateBounded<Task<BundleWork>>(new BoundedChannelOptions(Workers) { SingleReader = true });
        var producing = ProduceAsync(walk.Head.Size, ahead.Writer, free, stop.Token);
        try
        {
            await foreach (var working in ahead.Reader.ReadAllAsync(cancel))
            {
                var work = await working;
                if (work.Fault is { } fault) return fault;
                if (await walk.TakeAsync(work) is { } fork) return fork;
                foreach (var (tile, hashes) in walk.Completed())
                    if (await CompareAsync(tile, hashes, cancel) is { } differs) return differs;
                Progress?.Invoke(work.Start + work.Tile.Width, walk.Head.Size);
                free.Add(work);
            }
            return null;
        }
        finally
        {
            await stop.CancelAsync();
            await producing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (ahead.Reader.TryRead(out var left))
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ProduceAsync(
        long size, ChannelWriter<Task<BundleWork>> ahead, ConcurrentBag<BundleWork> free, CancellationToken cancel)
    {
        try
        {
            for (var index = 0L; Tile.In(size, 0, index) is { } tile; index++)
            {
                await ahead.WaitToWriteAsync(cancel);
                var work = free.TryTake(out var used) ? used : new BundleWork();
                await ahead.WriteAsync(Task.Run(() => work.DoAsync(tile, source, Check, cancel), cancel), cancel);
            }
        }
        finally
        {
            ahead.Complete();
        }
    }

    private async Task<LogDivergence?> EndAsync(Walk walk, CancellationToken cancel)
    {
        foreach (var (tile, hashes) in walk.Partial())
            if (await CompareAsync(tile, hashes, cancel) is { } differs) return differs;
        return await walk.EndAsync();
    }

    private async Task<LogDivergence?> CompareAsync(Tile tile, ReadOnlyMemory<byte> computed, CancellationToken cancel)
    {
        var hashes = new ArrayBufferWriter<byte>();
        if (await source(tile.Path, computed.Length, hashes, cancel))
            return LogDivergence.Of(tile, hashes.WrittenSpan, computed.Span);
        // A partial tile may be gone once the full one is there.
        var full = tile with { Width = Tile.FullWidth };
        if (tile.IsFull || !await source(full.Path, Tile.FullWidth * TreeHash.Size, hashes, cancel))
            return new LogDivergence(tile.Path, "nothing", $"{tile.Width} hashes");
        return LogDivergence.Of(
            tile, hashes.WrittenSpan[..Math.Min(computed.Length, hashes.WrittenCount)], computed.Span);
    }

    private static async IAsyncEnumerable<SignedNote> None()
    {
        await Task.CompletedTask;
        yield break;
    }

    /// <summary>The tree as it grows along the log, and the checkpoint that comes next.</summary>
    private sealed class Walk(
        Checkpoint head, CheckpointTrail trail, IAsyncEnumerator<SignedNote> notes, bool hasHistory)
    {
        private readonly List<(Tile, ReadOnlyMemory<byte>)> _completed = [];
        private TileBuilder? _bundles; // its leaves are the roots of full bundles: its tiles lie one level above
        private TreeFrontier _inner = new(); // the leaves of the bundle that is not full
        private Checkpoint? _next;

        public Checkpoint Head => head;

        private TileBuilder Bundles => _bundles ??= new TileBuilder((tile, hashes) =>
            _completed.Add((Above(tile), hashes.ToArray())));

        private TreeHash Root
        {
            get
            {
                var size = (Bundles.Tree.Size * Tile.FullWidth) + _inner.Size;
                return new TreeFrontier(size, [.. Bundles.Tree.Roots, .. _inner.Roots]).Root;
            }
        }

        /// <summary>The next checkpoint of the history; it counts by itself, or what is wrong with it.</summary>
        public async ValueTask<LogDivergence?> NextAsync()
        {
            _next = null;
            var place = $"{HistoryPath}, number {trail.Count + 1}";
            try
            {
                if (!await notes.MoveNextAsync()) return Whole();
            }
            catch (FormatException e)
            {
                return new LogDivergence(place, e.Message, "a signed checkpoint");
            }
            if (trail.Take(place, notes.Current) is { } fault) return fault;
            _next = trail.Last!;
            return _next.Size <= head.Size
                ? null
                : new LogDivergence(place, $"a checkpoint of {_next.Size} entries", $"no more than {head.Size}");
        }

        public async ValueTask<LogDivergence?> TakeAsync(BundleWork work)
        {
            var end = work.Start + work.Tile.Width;
            for (var i = 0; i < work.Tile.Width; i++)
            {
                if (_next?.Size == work.Start + i && await MeetAsync() is { } fork) return fork;
                if (work.Tile.IsFull && !(_next?.Size < end)) break; // no checkpoint asks for what is inside
                _inner.Append(work.Leaf(i));
            }
            if (!work.Tile.IsFull) return null;
            _inner = new TreeFrontier();
            Bundles.Append(work.Root);
            return null;
        }

        /// <summary>The tiles above the lowest level that were completed since it was asked last.</summary>
        public IReadOnlyList<(Tile Tile, ReadOnlyMemory<byte> Hashes)> Completed()
        {
            if (_completed.Count == 0) return [];
            (Tile, ReadOnlyMemory<byte>)[] completed = [.. _completed];
            _completed.Clear();
            return completed;
        }

        /// <summary>The partial tiles above the lowest level.</summary>
        public IEnumerable<(Tile Tile, ReadOnlyMemory<byte> Hashes)> Partial() =>
            Bundles.Partial().Select(partial => (Above(partial.Tile), partial.Hashes));

        /// <summary>The checkpoints at the very end, and the head.</summary>
        public async ValueTask<LogDivergence?> EndAsync()
        {
            if (_next is not null && await MeetAsync() is { } fork) return fork;
            return Root == head.Root ? null : Forked(HeadPath, head);
        }

        // The tree is as large as the next checkpoint says.
        private async ValueTask<LogDivergence?> MeetAsync()
        {
            var next = _next!;
            return Root == next.Root ? await NextAsync() : Forked($"{HistoryPath}, number {trail.Count}", next);
        }

        private LogDivergence Forked(string place, Checkpoint said) =>
            new($"{place}, the root of {said.Size} entries", said.Root.ToString(), Root.ToString());

        private LogDivergence? Whole() => !hasHistory || (trail.Last?.Size ?? 0) == head.Size
            ? null
            : new LogDivergence(
                HistoryPath, $"{trail.Last?.Size ?? 0} entries at the last", $"{head.Size}, as {HeadPath} says");

        private static Tile Above(Tile tile) => tile with { Level = tile.Level + 1 };
    }
}
