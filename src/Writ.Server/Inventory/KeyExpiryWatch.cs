using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>
/// Upkeep: finds keys that will end within two weeks, and keys that have ended while their principal still is. Each is
/// found once. One replica at a time; a crash repeats what was not yet recorded.
/// </summary>
public sealed class KeyExpiryWatch(
    Database database, Registry registry, AuditLog audit, IdSource ids, TimeProvider time)
{
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(14);
    private static readonly TimeSpan Behind = TimeSpan.FromDays(30);
    private readonly PrincipalKeyStore _keys = new(database);

    /// <summary>Looks once; answers how many findings that made.</summary>
    public async Task<int> RunAsync(CancellationToken cancel = default)
    {
        await using var lease = await database.TryLeaseAsync("key-expiry", cancel);
        if (lease is null) return 0;
        var now = time.GetUtcNow();
        var expiring = await RaiseAsync(lease, FindingKind.KeyExpiring, now, now + Ahead, cancel);
        return expiring + await RaiseAsync(lease, FindingKind.KeyExpired, now - Behind, now, cancel);
    }

    private async Task<int> RaiseAsync(
        Lease lease, string kind, DateTimeOffset from, DateTimeOffset to, CancellationToken cancel)
    {
        var verb = kind == FindingKind.KeyExpired ? "has ended" : "ends";
        var keys = await _keys.EndingAsync(from.ToMicros(), to.ToMicros(), kind, cancel);
        foreach (var key in keys)
        {
            if (await registry.FindAsync(key.Principal, cancel) is not { } principal) continue;
            var now = time.GetUtcNow().ToMicros();
            var finding = new FindingRow
            {
                Id = ids.Next("find"),
                Kind = kind,
                Subject = key.Id,
                Owner = principal.Identity?.Owner ?? principal.Id,
                Team = principal.Identity?.Team ?? principal.Operator?.Team ?? "",
                Message = $"A {key.Kind} key of {key.Principal} {verb} at {Instant.Text(key.ExpiresAt)}: rotate it.",
                Severity = kind == FindingKind.KeyExpired ? "high" : "medium",
                FirstSeen = now,
                LastSeen = now,
            };
            var effect = new Claim.Effect(async tx =>
            {
                await FindingStore.RaiseAsync(tx, finding);
                if (kind == FindingKind.KeyExpired) await FindingStore.MendAsync(tx, FindingKind.KeyExpiring, key.Id);
                return null;
            });
            var e = new AuditEvent { Kind = "finding.raise", Actor = "writ", Subject = key.Principal, Reason = kind };
            await audit.AppendOwnActAsync(e.With("key", key.Id), [lease.Held, effect], cancel);
        }
        return keys.Count;
    }
}
