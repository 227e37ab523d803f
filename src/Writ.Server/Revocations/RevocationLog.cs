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
    private const int MostAtOnce = 500; // tasks in one statement

    /// <summary>Ends an open task and all tasks below it. Idempotent: what has ended stays as it ended.</summary>
    public Claim EndTask(string id, string status, string reason) =>
        EndTasks(tx => TaskStore.StateAsync(tx, id), status, reason);

    /// <summary>Ends all open tasks of an agent, and the tasks below them. Only beside what kills every token of the
    /// agent: those that opened with a token get no row of their own.</summary>
    public Claim EndTasksOf(string agent, string status, string reason) => new Claim.Effect(async tx =>
    {
        await EndTasksOfAsync(tx, agent, status, reason);
        return null;
    });

    /// <summary>Ends all open tasks of a workflow, which is no more.</summary>
    public Claim EndTasksIn(string workflow, string status, string reason) =>
        EndTasks(tx => TaskStore.OpenInAsync(tx, workflow), status, reason);

    /// <summary>Ends all open tasks that may touch a resource, which is no more. Tokens without a task of their own are
    /// dead by then: a resource goes only when nobody is entitled to it, and who loses an entitlement loses all tokens.
    /// </summary>
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
    /// ones is asked inside the transaction, so that none slips in between. One that was suspended already holds
    /// nothing: its tasks end, and it may be let in again as soon as before.
    /// </summary>
    /// <param name="identities">Whom it is about.</param>
    /// <param name="reason">What people said of it.</param>
    /// <param name="stopped">Told whom it stopped, which is not yet committed then.</param>
    public Claim Lock(
        Func<StoreTransaction, Task<IReadOnlyList<IdentityRow>>> identities, string reason,
        Action<IReadOnlyList<IdentityRow>> stopped) =>
        new Claim.Effect(async tx =>
        {
            var locked = await identities(tx);
            // Nothing was stopped: whoever misspelt a name must not believe that it was.
            if (locked.Count == 0) return ClaimFailure.NotFound("identity to lock");
            foreach (var row in locked)
            {
                if (row.Status != IdentityStatus.Suspended)
                {
                    if (await IdentityStore.SuspendAsync(tx, row.Id, DeadUntil(tx.Now)) is { } failure) return failure;
                    tx.Revoke(Row(RevocationHandle.Identity(row.Id), DeadUntil(tx.Now), LongestLife(tx.Now), "locked"));
                }
                await EndTasksOfAsync(tx, row.Id, TaskStatusName.Cancelled, reason);
            }
            stopped(locked);
            return null;
        });

    /// <summary>
    /// Distrusts a signing key: all that it ever signed is dead. It matters until the key would have been gone anyway,
    /// and for so long at the least that no verifier still holds keys which it fetched before.
    /// </summary>
    public Claim.Effect RevokeSigningKey(SigningKeyRow key) => new Claim.Effect(tx =>
    {
        var endsAt = Math.Max(key.GoneAt, LongestLife(tx.Now));
        tx.Revoke(Row(RevocationHandle.SigningKey(key.Kid), Instant.MaxMicros, endsAt, "key_revoked"));
        return Task.FromResult<ClaimFailure?>(null);
    });

    /// <summary>
    /// Kills every token that this broker ever issued up to a moment, known or not: after a restore from a backup,
    /// which does not know what came after it. Nothing may be issued before then.
    /// </summary>
    public Claim RevokeAll(string reason) => new Claim.Effect(tx =>
    {
        tx.Revoke(Row(RevocationHandle.Issuer(settings.Issuer), DeadUntil(tx.Now), LongestLife(tx.Now), reason));
        return Task.FromResult<ClaimFailure?>(null);
    });

    /// <summary>Up to when tokens of a principal revoked now are dead, however the replicas' clocks differ.</summary>
    public long DeadUntil(long now) => now + ((settings.Skew.Ticks + TimeSpan.TicksPerSecond) / 10);

    private Claim.Effect EndTasks(
        Func<StoreTransaction, Task<IReadOnlyList<TaskState>>> roots, string status, string reason) => new(async tx =>
    {
        await EndTreesAsync(tx, await roots(tx), status, reason);
        return null;
    });

    private async Task EndTasksOfAsync(StoreTransaction tx, string agent, string status, string reason)
    {
        await TaskStore.EndImplicitOfAsync(tx, agent, status, reason);
        await EndTreesAsync(tx, await TaskStore.OpenOfAsync(tx, agent), status, reason);
    }

    /// <summary>
    /// One row kills a whole tree, however wide: tokens carry all tasks above their own, and nothing opens below a
    /// task that is not open (docs/decisions/0006: batches do not overlap). A task that had ended before, by another
    /// replica or by a commit whose answer was lost, is said again: whoever acknowledges an end must know of it at
    /// once, and the row makes this replica refuse before anybody is answered. Everybody else has it already.
    /// </summary>
    private async Task EndTreesAsync(
        StoreTransaction tx, IReadOnlyList<TaskState> roots, string status, string reason)
    {
        if (roots.Count == 0) return;
        var longest = await LongestTokenAsync(tx);
        foreach (var some in roots.Chunk(MostAtOnce))
        {
            var ended = await TaskStore.EndTreesAsync(tx, [.. some.Select(t => t.Id)], status, reason);
            foreach (var task in some)
            {
                var isNew = string.Equals(task.Status, TaskStatusName.Open, StringComparison.Ordinal);
                // With what was still open below it, it ends now, whatever it did before.
                var since = isNew || ended > 0 ? tx.Now : task.EndedAt ?? tx.Now;
                var row = Row(
                    RevocationHandle.Task(task.Id), Instant.MaxMicros, Math.Min(task.Deadline, since + longest),
                    $"task_{(isNew ? status : task.Status)}");
                if (row.MattersUntil > tx.Now) tx.Revoke(row with { IsKnown = !isNew && ended == 0 });
            }
        }
    }

    /// <summary>
    /// The longest life of any token, microseconds: of the usual ones, or of an exception, at its longest ever. A row
    /// need not outlive the tokens that it kills, and each that does burdens every verifier.
    /// </summary>
    private async Task<long> LongestTokenAsync(StoreTransaction tx)
    {
        var usual = Math.Max(
            Math.Max(settings.AgentTokenLife.Ticks, settings.OtherTokenLife.Ticks), settings.ManagementTokenLife.Ticks);
        return Math.Max(usual / 10, await SettingStore.HighestAsync(tx, IdentityStore.LongestToken) * 1_000_000);
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
