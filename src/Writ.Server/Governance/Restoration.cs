using System.Globalization;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Keys;
using Writ.Server.Revocations;
using Writ.Server.Signing;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// What is done once to a store that came from a backup, before it is served again: it does not know what
/// was issued, used, ended or revoked after the backup. So everything outstanding is revoked, our signing keys too, any
/// of which may have been; proofs of before are refused, and the feed begins a new epoch. One transaction: a crash
/// leaves all of it undone or done.
/// </summary>
public sealed class Restoration(
    Settings settings, KeyEncryption encryption, RevocationLog revocations, AuditLog audit, KeyRotation rotation,
    TimeProvider time)
{
    private const string Reason = "restored";

    /// <summary>Begins a tree that is linked to the one that this store knows; part of the transaction.</summary>
    public required Func<StoreTransaction, Task> Linked { get; init; }

    /// <summary>Called once all of it is durable.</summary>
    public required Func<CancellationToken, Task> Settled { get; init; }

    /// <summary>Does it; answers the moment after which the broker may issue again: what is issued before it is born
    /// dead, since tokens carry whole seconds of clocks that differ.</summary>
    public async Task<DateTimeOffset> RunAsync(CancellationToken cancel = default)
    {
        var until = 0L;
        var renew = new Claim.Effect(async tx =>
        {
            until = revocations.DeadUntil(tx.Now);
            // Proofs bear the clients' clocks, which may be ahead of ours by the skew: those of before, too.
            await SharedSecrets.RenewAsync(tx, encryption, until);
            await TaskStore.EndAllAsync(tx, Reason);
            await RefreshTokenStore.ForgetAllAsync(tx);
            await EnrolmentStore.ForgetAllAsync(tx);
            await ApprovalStore.VoidAllAsync(tx);
            await Linked(tx);
            // Verifiers hear of each by its kid: what a stolen one signs may bear any time.
            foreach (var key in await SigningKeyStore.RevokeAllAsync(tx))
                await revocations.RevokeSigningKey(key).Apply(tx);
            return null;
        });
        List<Claim> effects = [renew, revocations.RevokeAll(Reason)];
        foreach (var purpose in Enum.GetValues<KeyPurpose>())
            effects.Add(rotation.Prepare(purpose, time.GetUtcNow()).Store);
        var e = new AuditEvent { Kind = "store.restore", Actor = "writ", Reason = Reason }
            .With("issuer", settings.Issuer)
            .With("at", time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        if (await audit.AppendOwnActAsync(e, effects, cancel) is not Appended.Done)
            throw new InvalidOperationException("The restore could not be recorded.");
        await Settled(cancel);
        return Instant.FromMicros(until).AddSeconds(1);
    }
}
