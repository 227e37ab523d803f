using Writ.Server.Audit;
using Writ.Server.Revocations;
using Writ.Server.Storage;

namespace Writ.Server.Tasks;

/// <summary>Ends tasks whose deadline has passed or whose holder fell silent. One replica at a time.</summary>
public sealed class TaskSweeper(
    Database database, TaskStore tasks, AuditLog audit, RevocationLog revocations, TimeProvider time)
{
    private const int Step = 2000;

    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        await using var lease = await database.TryLeaseAsync("task-sweep", cancel);
        if (lease is null) return 0;
        var overdue = await tasks.OverdueAsync(time.GetUtcNow().ToMicros(), cancel);
        foreach (var task in overdue)
        {
            var e = new AuditEvent { Kind = "task.expire", Actor = "writ", Task = task.Id, Subject = task.Agent };
            var reason = task.Deadline <= time.GetUtcNow().ToMicros() ? "deadline" : "silence";
            await audit.AppendOwnActAsync(
                e with { Reason = reason },
                [revocations.EndTask(task.Id, TaskStatusName.Expired, reason)], cancel);
        }
        var implicitly = await database.WriteAsync(tx => TaskStore.ExpireImplicitAsync(tx, Step), cancel);
        return overdue.Count + implicitly;
    }
}
