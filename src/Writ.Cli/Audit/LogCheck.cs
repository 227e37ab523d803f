using System.Buffers;
using Writ.Cli.Printing;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>The verification of a whole log of Writ's, wherever it lies: its tree, its checkpoints, its records.
/// </summary>
internal sealed class LogCheck(ILogPlace place, VerifierKey key, IReadOnlyList<VerifierKey> witnesses)
{
    /// <summary>How many details were there; null: they were not shown.</summary>
    public long? Details { get; private set; }

    /// <summary>What the log says was erased.</summary>
    public IndexRanges Erased { get; private set; } = new();

    /// <summary>How many bundles are hashed at a time.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    public async Task<LogVerdict> RunAsync(ProgressBar? bar, CancellationToken cancel)
    {
        var records = new RecordCheck(place, await LogPaths.BaseAsync(place, cancel));
        var verdict = await new LogVerifier(place.ReadAsync, key, witnesses)
        {
            Workers = Workers,
            Check = records.CheckAsync,
            Progress = bar is null ? null : bar.Show,
        }.VerifyAsync(place.HistoryAsync(cancel), cancel);
        Erased = records.Erased;
        Details = place.HasDetails ? records.Details : null;
        return verdict.Divergence is null ? verdict with { Divergence = records.End() } : verdict;
    }

    /// <summary>An export: that nothing is in the folder but what belongs there, and the above.</summary>
    public async Task<LogVerdict> RunAsync(LogFolder folder, ProgressBar? bar, CancellationToken cancel)
    {
        var said = new ArrayBufferWriter<byte>();
        if (!await folder.ReadAsync(LogPaths.Checkpoint, SignedNote.MaxBytes, said, cancel)
            || !SignedNote.TryParse(said.WrittenSpan, out var note) || !Checkpoint.TryParse(note.Text, out var head))
            return new LogVerdict(null, new LogDivergence(LogPaths.Checkpoint, "none", "a signed checkpoint"));
        if (await folder.LayoutAsync(head.Size, cancel) is { } stray) return new LogVerdict(head, stray);
        using var own = await LogKeys.OfAsync(folder, cancel);
        return own.ToString() == key.ToString()
            ? await RunAsync(bar, cancel)
            : new LogVerdict(head, new LogDivergence(LogPaths.Key, own.ToString(), key.ToString()));
    }
}
