using System.Buffers;
using Writ.Tlog;

namespace Writ.Cli.Audit;

/// <summary>Where a log is read from: a folder that it was exported to, or the broker that serves it.</summary>
internal interface ILogPlace
{
    /// <summary>Whether it shows what can be erased, too.</summary>
    bool HasDetails { get; }

    /// <summary>See <see cref="LogSource"/>.</summary>
    ValueTask<bool> ReadAsync(string path, int most, ArrayBufferWriter<byte> into, CancellationToken cancel);

    /// <summary>The checkpoints that were published, up to the head that was read.</summary>
    IAsyncEnumerable<SignedNote> HistoryAsync(CancellationToken cancel);
}
