using Writ.Server.Audit;
using Writ.Server.Keys;
using Writ.Server.Storage;

namespace Writ.Server.Signing;

/// <summary>
/// Makes signing keys, ahead of time: a successor is published a while before it signs, and a predecessor verifies
/// until the last thing that it signed has ended. Each new key is a record first.
/// </summary>
public sealed class KeyRotation(Database database, SigningKeys keys, AuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan SignsFor = TimeSpan.FromDays(30);
    private static readonly TimeSpan PublishedBefore = TimeSpan.FromDays(1);
    private static readonly TimeSpan VerifiesAfter = TimeSpan.FromDays(2);

    /// <summary>
    /// Makes what is missing: a key that signs now, and its successor when it is due. One replica at a time.
    /// </summary>
    public async Task KeepAsync(CancellationToken cancel = default)
    {
        await using var lease = await database.TryLeaseAsync("key-rotation", cancel);
        if (lease is null) return;
        await keys.ReloadAsync(cancel);
        foreach (var purpose in Enum.GetValues<KeyPurpose>())
        {
            var now = time.GetUtcNow();
            var rows = keys.Rows(purpose).Where(k => k.RevokedAt is null).ToList();
            var last = rows.Count == 0 ? now : Instant.FromMicros(rows.Max(k => k.RetiresAt));
            if (rows.Count == 0 || last <= now) await AddAsync(lease, purpose, now, "first", cancel);
            else if (last - now < PublishedBefore) await AddAsync(lease, purpose, last, "schedule", cancel);
        }
    }

    /// <summary>A new key that signs from that moment on, and the claim that stores it; the old ones go on
    /// verifying.</summary>
    public (SigningKeyRow Row, Claim Store) Prepare(KeyPurpose purpose, DateTimeOffset from)
    {
        var row = keys.Generate(purpose, from, SignsFor, VerifiesAfter);
        return (row, new Claim.Effect(async tx =>
        {
            await SigningKeyStore.InsertAsync(tx, row);
            return null;
        }));
    }

    private async Task AddAsync(
        Lease lease, KeyPurpose purpose, DateTimeOffset from, string reason, CancellationToken cancel)
    {
        var (row, store) = Prepare(purpose, from);
        var e = new AuditEvent { Kind = "signing_key.create", Reason = reason, Actor = "writ" }
            .With("kid", row.Kid).With("purpose", row.Purpose);
        await audit.AppendOwnActAsync(e, [lease.Held, store], cancel);
        await keys.ReloadAsync(cancel);
    }
}
