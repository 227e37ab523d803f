using Writ.Protocol;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Revocations;

/// <summary>
/// The only writer of revocations. Each method makes the claim that a caller adds to the audit record of what it does,
/// so that record, effect and revocation are one transaction. Tokens carry every handle that can kill them, so each is
/// one row, never an expansion. A row goes to every verifier, so its reason is a code of ours; what people wrote stays
/// in the audit record and with the task.
/// </summary>
public sealed class RevocationLog(Settings settings)
{
    /// <summary>Ends an open task and all tasks below it. Idempotent: what has ended stays as it ended.</summary>
    public Claim EndTask(string id, string status, string reason) =>
        EndTasks(_ => Task.FromResult<IReadOnlyList<string>>([id]), status, reason);

    /// <summary>Ends all open tasks of an agent, and the tasks below them.</summary>
    public Claim EndTasksOf(string agent, string status, string reason) =>
        EndTasks(tx => TaskStore.OpenOfAsync(tx, agent), status, reason);

    /// <summary>Ends all open tasks of a workflow, which is no more.</summary>
    public Claim EndTasksIn(string workflow, string status, string reason) =>
        EndTasks(tx => TaskStore.OpenInAsync(tx, workflow), status, reason);

    /// <summary>Ends all open tasks that may touch a resource, which is no more: every live token for it belongs to
    /// one.</summary>
    public Claim EndTasksAt(string location, string status, string reason) =>
        EndTasks(tx => TaskStore.OpenAtAsync(tx, location), status, reason);

    /// <summary>Kills one token, and every token that was made from it.</summary>
    public Claim RevokeToken(string jti, DateTimeOffset expiresAt, string code) => new Claim.Effect(tx =>
    {
        tx.Revoke(Row(RevocationHandle.Token(jti), Instant.MaxMicros, expiresAt.ToMicros(), code));
        return Task.FromResult<ClaimFailure?>(null);
    });

    /// <summary>
    /// Kills every token that an identity, operator or user ever got or stands in. Its tokens carry whole seconds of
    /// other replicas' clocks, so those of the next moments die too; nothing may be issued to it before then.
    /// </summary>
    public Claim RevokePrincipal(string id, string code) => new Claim.Effect(tx =>
    {
        tx.Revoke(Row(RevocationHandle.Identity(id), DeadUntil(tx.Now), LongestLife(tx.Now), code));
        return Task.FromResult<ClaimFailure?>(null);
    });

    /// <summary>
    /// The lock: suspends identities, kills every token that they ever got or stand in, and ends their tasks. Which
    /// ones is asked inside the transaction, so that none slips in between.
    /// </summary>
    public Claim Lock(Func<StoreTransaction, Task<IReadOnlyList<string>>> identities, string reason) =>
        new Claim.Effect(async tx =>
        {
            var locked = await identities(tx);
            // Nothing was stopped: whoever misspelt a name must not believe that it was.
            if (locked.Count == 0) return ClaimFailure.NotFound("identity to lock");
            foreach (var id in locked)
            {
                if (await IdentityStore.SuspendAsync(tx, id, DeadUntil(tx.Now)) is { } failure) return failure;
                tx.Revoke(Row(RevocationHandle.Identity(id), DeadUntil(tx.Now), LongestLife(tx.Now), "locked"));
                foreach (var task in await TaskStore.OpenOfAsync(tx, id))
                    await EndTreeAsync(tx, task, TaskStatusName.Cancelled, reason);
            }
            return null;
        });

    /// <summary>
    /// Distrusts a signing key: all that it ever signed is dead. It matters until the key would have been gone anyway,
    /// and for so long at the least that no verifier still holds keys which it fetched before.
    /// </summary>
    public Claim RevokeSigningKey(SigningKeyRow key) => new Claim.Effect(tx =>
    {
        var endsAt = Math.Max(key.GoneAt, LongestLife(tx.Now));
        tx.Revoke(Row(RevocationHandle.SigningKey(key.Kid), Instant.MaxMicros, endsAt, "key_revoked"));
        return Task.FromResult<ClaimFailure?>(null);
    });

    /// <summary>Up to when tokens of a principal revoked now are dead, however the replicas' clocks differ.</summary>
    public long DeadUntil(long now) => now + ((settings.Skew.Ticks + TimeSpan.TicksPerSecond) / 10);

    private Claim.Effect EndTasks(
        Func<StoreTransaction, Task<IReadOnlyList<string>>> roots, string status, string reason) => new(async tx =>
    {
        foreach (var root in await roots(tx)) await EndTreeAsync(tx, root, status, reason);
        return null;
    });

    private async Task EndTreeAsync(StoreTransaction tx, string root, string status, string reason)
    {
        var open = await TaskStore.OpenTreeAsync(tx, root);
        foreach (var task in open)
        {
            await TaskStore.EndAsync(tx, task.Id, status, reason);
            tx.Revoke(Row(RevocationHandle.Task(task.Id), Instant.MaxMicros, task.Deadline, $"task_{status}"));
        }
        if (open.Any(t => string.Equals(t.Id, root, StringComparison.Ordinal))) return;
        // Ended before: by another replica, or by a commit whose answer was lost. Whoever acknowledges an end must know
        // of it at once, so it is said again here; its row makes this replica refuse before anybody is answered.
        if (await TaskStore.FindAsync(tx, root) is not { } ended) return;
        var again = Row(RevocationHandle.Task(root), Instant.MaxMicros, ended.Deadline, $"task_{ended.Status}");
        if (again.MattersUntil > tx.Now) tx.Revoke(again);
    }

    private long LongestLife(long now) =>
        now + ((Math.Max(settings.TaskLife.Ticks, TimeSpan.TicksPerDay) + settings.Skew.Ticks) / 10);

    private RevocationRow Row(RevocationHandle handle, long issuedBefore, long endsAt, string code) => new()
    {
        Kind = handle.Kind,
        Value = handle.Value,
        IssuedBefore = issuedBefore,
        // Verifiers tolerate clocks that are off by the skew: so long it must stay in the feed.
        MattersUntil = Math.Min(Instant.MaxMicros, endsAt + (2 * settings.Skew.Ticks / 10)),
        Reason = code,
    };
}
