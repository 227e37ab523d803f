using Writ.Server.Storage;
using Writ.Tlog;

namespace Writ.Server.Audit;

/// <summary>The durable steps of the sequencer, in their order (<see cref="Sequencer"/>). Each may fail before it was
/// done, or have been done and fail all the same.</summary>
/// <param name="GrowAsync">Stores new tiles with the tree's new size; false: the lease is lost, or the tree is not as
/// it was known, and nothing was stored.</param>
/// <param name="Anchor">Notes on this host what is about to be published.</param>
/// <param name="PublishAsync">Publishes a checkpoint behind another; false as above.</param>
public sealed record LogSteps(
    Func<Lease, LogGrowth, CancellationToken, Task<bool>> GrowAsync,
    Action<Checkpoint> Anchor,
    Func<Lease, LogCheckpointRow, long, CancellationToken, Task<bool>> PublishAsync)
{
    /// <summary>The steps as they are: each one transaction under the lease, the anchor one file.</summary>
    public static LogSteps Of(Database database, LogAnchor anchor) => new(
        (lease, growth, cancel) => database.WriteAsync(
            async tx => await lease.HoldAsync(tx) && await LogStore.GrowAsync(tx, growth), cancel),
        anchor.Write,
        (lease, row, before, cancel) => database.WriteAsync(
            async tx => await lease.HoldAsync(tx) && await LogStore.PublishAsync(tx, row, before), cancel));
}
