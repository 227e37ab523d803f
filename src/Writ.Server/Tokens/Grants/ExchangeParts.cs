using Writ.Protocol;
using Writ.Server.Storage;

namespace Writ.Server.Tokens.Grants;

/// <summary>
/// What several grants need besides the rooms: ids, ready keys, and how to raise a finding in a record.
/// </summary>
public sealed class ExchangeParts(Registry registry, IdSource ids, VerificationKeyCache keys)
{
    public IdSource Ids => ids;

    public VerificationKeyCache Keys => keys;

    /// <summary>Raises a finding about an identity, for its owner, in the transaction of the record.</summary>
    public Claim Finding(string kind, string subject, string severity, string message) => new Claim.Effect(async tx =>
    {
        var identity = (await registry.FindAsync(subject))?.Identity;
        await FindingStore.RaiseAsync(tx, new FindingRow
        {
            Id = ids.Next("find"),
            Kind = kind,
            Subject = subject,
            Owner = identity?.Owner ?? "",
            Team = identity?.Team ?? "",
            Message = message,
            Severity = severity,
            FirstSeen = tx.Now,
            LastSeen = tx.Now,
        });
        return null;
    });
}
