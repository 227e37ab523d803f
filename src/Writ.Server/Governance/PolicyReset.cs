using Writ.Server.Audit;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// The way out for whoever has locked everybody out: a policy that refuses every act refuses its own rollback, too.
/// Who owns the host puts the shipped policy in force; no policy is asked, and the record says whose doing it was.
/// </summary>
public sealed class PolicyReset(Database database, AuditLog audit, TimeProvider time)
{
    private const string Reason = "reset";

    /// <summary>Does it; answers the version that was in force before, null where that was the shipped one.</summary>
    public async Task<string?> RunAsync(CancellationToken cancel = default)
    {
        var before = await new PolicyStore(database).CurrentAsync(cancel);
        if (before?.Digest is null) return null;
        var turn = new PolicyTurnRow
        {
            Number = before.Number + 1,
            ByWhom = "writ",
            At = time.GetUtcNow().ToMicros(),
            Because = "writ server reset-policy, by whoever owns the host",
        };
        var e = new AuditEvent { Kind = "policy.rollback", Actor = "writ", Reason = Reason }
            .With("version", PolicyEndpoints.Shipped)
            .With("version_before", before.Digest)
            .Because(turn.Because);
        var effect = new Claim.Effect(tx => PolicyStore.TurnAsync(tx, turn));
        return await audit.AppendOwnActAsync(e, [effect], cancel) is Appended.Done
            ? before.Digest
            : throw new InvalidOperationException("Another version came into force meanwhile: try again.");
    }
}
