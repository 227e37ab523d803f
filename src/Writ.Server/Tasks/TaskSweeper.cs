using Writ.Server.Audit;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>
/// Ends tasks whose holder fell silent or whose deadline has passed. One replica at a time. The silent come first: a
/// deadline kills by itself, on the tokens; silence only through this sweep.
/// </summary>
/// <remarks>
/// Silence is the holder's alone: while this broker was away, or could not write, nobody was heard. It counts from the
/// last heartbeat, or from when the broker was there again, whichever came later.
/// </remarks>
/// <param name="database">The store.</param>
/// <param name="tasks">Which tasks are due.</param>
/// <param name="audit">Records each end.</param>
/// <param name="revocations">Ends them.</param>
/// <param name="time">The clock.</param>
/// <param name="inSightSince">Since when this replica has seen the store without a gap; null when it does not.</param>
public sealed class TaskSweeper(
    Database database, TaskStore tasks, AuditLog audit, RevocationLog revocations, TimeProvider time,
    Func<DateTimeOffset?> inSightSince)
{
    private const int Step = 500;
    private const int ImplicitStep = 2000;
    private const int MostSteps = 20; // at one turn: nobody else is kept waiting for long
    private long _failedAt; // when a sweep failed last; owner: the one chore that sweeps

    /// <summary>Sweeps once; answers how many tasks that ended.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        // Taken first: however long this process is stopped after it, the time is not held against anybody.
        var now = time.GetUtcNow().ToMicros();
        if (inSightSince() is not { } since) return 0;
        try
        {
            return await SweepAsync(now, Math.Max(since.ToMicros(), _failedAt), cancel);
        }
        catch
        {
            _failedAt = time.GetUtcNow().ToMicros();
            throw;
        }
    }

    private async Task<int> SweepAsync(long now, long since, CancellationToken cancel)
    {
        var silent = await tasks.SilentAsync(now, since, Step, cancel);
        var overdue = await tasks.OverdueAsync(now, Step, cancel);
        var isImplicit = await tasks.HasImplicitOverdueAsync(now, cancel);
        if (silent.Count + overdue.Count == 0 && !isImplicit) return 0;
        await using var lease = await database.TryLeaseAsync("task-sweep", cancel);
        if (lease is null) return 0;
        await EndAsync(lease, silent, "silence", cancel);
        await EndAsync(lease, overdue, "deadline", cancel);
        return silent.Count + overdue.Count + (isImplicit ? await ExpireImplicitAsync(lease, cancel) : 0);
    }

    /// <summary>All at once: they share their durable writes.</summary>
    private Task EndAsync(Lease lease, IReadOnlyList<TaskRow> ended, string reason, CancellationToken cancel) =>
        Task.WhenAll(ended.Select(task => audit.AppendOwnActAsync(
            new AuditEvent
            {
                Kind = "task.expire",
                Actor = "writ",
                Task = task.Id,
                Subject = task.Agent,
                Reason = reason,
            },
            [lease.Held, revocations.EndTask(task.Id, TaskStatusName.Expired, reason)],
            cancel)));

    private async Task<int> ExpireImplicitAsync(Lease lease, CancellationToken cancel)
    {
        var total = 0;
        for (var step = 0; step < MostSteps; step++)
        {
            var expired = await database.WriteAsync(
                async tx => await lease.HoldAsync(tx) ? await TaskStore.ExpireImplicitAsync(tx, ImplicitStep) : 0,
                cancel);
            total += expired;
            if (expired < ImplicitStep) break;
        }
        return total;
    }
}
