using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>
/// Holds records against what their log promises of them: each core is canonical JSON, each detail is the one that its
/// core commits to, and one that is missing was erased by an erasure that is in the log itself.
/// </summary>
internal sealed class RecordCheck(ILogPlace place, long first)
{
    /// <summary>What is said of a detail that is missing.</summary>
    public const string Missing = "no detail";

    /// <summary>What is said of one that should be.</summary>
    public const string Kept = "a detail still";

    private const int LengthBytes = 4;

    private readonly ConcurrentBag<ArrayBufferWriter<byte>> _buffers = [];
    private readonly IndexRanges _missing = new();
    private readonly IndexRanges _present = new();
    private readonly IndexRanges _digests = new();
    private readonly IndexRanges _split = new();

    /// <summary>What the log says was erased.</summary>
    public IndexRanges Erased { get; } = new();

    /// <summary>How many details there were.</summary>
    public long Details => Interlocked.Read(ref _details);

    private long _details;

    /// <summary>See <see cref="EntriesCheck"/>.</summary>
    public async ValueTask<LogDivergence?> CheckAsync(
        long start, Tile tile, ReadOnlyMemory<byte> bundle, CancellationToken cancel)
    {
        if (!place.HasDetails) return Walk(start, tile, bundle.Span, [], isWhole: false);
        var buffer = _buffers.TryTake(out var used) ? used : new ArrayBufferWriter<byte>();
        buffer.ResetWrittenCount();
        var path = LogPaths.DetailsOf(tile);
        var isWhole = await place.ReadAsync(path, LogPaths.MostDetails, buffer, cancel);
        // As of tiles: a partial one may be gone once the full one is there.
        if (!isWhole && (tile.IsFull || !await place.ReadAsync(
            LogPaths.DetailsOf(tile with { Width = Tile.FullWidth }), LogPaths.MostDetails, buffer, cancel)))
            return new LogDivergence(path, "nothing", $"the details of {tile.Width} records");
        var fault = Walk(start, tile, bundle.Span, buffer.WrittenSpan, isWhole);
        _buffers.Add(buffer);
        return fault;
    }

    /// <summary>Once all were seen: the first record whose detail is missing without having been erased, or is there
    /// though it was, or that hides behind a digest when none did so any more.</summary>
    public LogDivergence? End()
    {
        if (_missing.FirstWithout(Erased) is { } index)
            return new LogDivergence(Named(index), Missing, "the one of its core: no erasure in the log covers it");
        if (_present.FirstWithin(Erased) is { } kept)
            return new LogDivergence(Named(kept), Kept, "none: the log says that it was erased");
        return _digests.Last is { } late && _split.First is { } first && late > first
            ? new LogDivergence(Named(late), "a digest alone", "a record, as all are from the first with a core on")
            : null;
    }

    private LogDivergence? Walk(
        long start, Tile tile, ReadOnlySpan<byte> bundle, ReadOnlySpan<byte> details, bool isWhole)
    {
        var (at, next, seen) = (0, 0, 0);
        for (var i = 0; i < tile.Width; i++)
        {
            var length = BinaryPrimitives.ReadUInt16BigEndian(bundle[at..]);
            var core = bundle.Slice(at + 2, length);
            at += 2 + length;
            var size = place.HasDetails ? SizeAt(details, next) : 0;
            if (size < 0) return new LogDivergence(LogPaths.DetailsOf(tile), $"{i} details", $"{tile.Width}");
            var detail = place.HasDetails ? details.Slice(next + LengthBytes, size) : [];
            next += LengthBytes + size;
            if (Check(core, detail, first + start + i) is { } fault)
                return fault;
            if (!detail.IsEmpty) seen++;
        }
        Interlocked.Add(ref _details, seen);
        return isWhole && next < details.Length
            ? new LogDivergence(LogPaths.DetailsOf(tile), "more", $"the details of {tile.Width} records")
            : null;
    }

    private LogDivergence? Check(ReadOnlySpan<byte> core, ReadOnlySpan<byte> detail, long index)
    {
        if (CoreText.TryRead(core, out var text) is { } why)
            return new LogDivergence(Named(index), why, "canonical JSON");
        if (text.IsErasure && !CoreText.TryErased(core, index, Erased))
            return new LogDivergence(Named(index), "an erasure of what was not there", "one of records before it");
        if (text.IsDigest) _digests.Add(index, index + 1);
        if (text.IsSplit) _split.Add(index, index + 1);
        if (!place.HasDetails) return null;
        if (text.DetailHash.IsEmpty)
            return detail.IsEmpty ? null : new LogDivergence(Named(index), "a detail", "none: its core names none");
        (detail.IsEmpty ? _missing : _present).Add(index, index + 1);
        if (detail.IsEmpty) return null;
        if (!CoreText.IsCommitted(text.DetailHash, detail))
            return new LogDivergence(Named(index), "another detail", "the one that its core commits to");
        return CoreText.FaultOf(core, detail) is { } fault
            ? new LogDivergence(Named(index), fault, "a salt, and canonical JSON of what is no core's")
            : null;
    }

    /// <summary>How long the detail is that stands there; negative: it is cut.</summary>
    private static int SizeAt(ReadOnlySpan<byte> details, int at)
    {
        var rest = details.Length - at - LengthBytes;
        if (rest < 0) return -1;
        var length = BinaryPrimitives.ReadUInt32BigEndian(details[at..]);
        return length <= rest ? (int)length : -1;
    }

    private static string Named(long index) => string.Create(CultureInfo.InvariantCulture, $"record {index}");
}
