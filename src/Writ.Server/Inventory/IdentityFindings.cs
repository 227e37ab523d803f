using Writ.Server.Storage;

namespace Writ.Server.Inventory;

/// <summary>What is wrong with an identity from the moment of a change, or no longer.</summary>
public sealed class IdentityFindings(IdSource ids)
{
    /// <summary>Raises and mends what the change brings and ends.</summary>
    public Claim OfChange(IdentityRow? before, IdentityRow after, bool owned) => new Claim.Effect(async tx =>
    {
        if (after.Bearer)
            await RaiseAsync(tx, FindingKind.BearerException, after, "Its tokens may be bound to no key.", "high");
        else if (before is { Bearer: true })
            await FindingStore.MendAsync(tx, FindingKind.BearerException, after.Id);
        if (!owned) await FindingStore.RaiseAsync(tx, FindingRow.Orphaned(ids.Next("find"), after, tx.Now));
        else if (before is not null) await FindingStore.MendAsync(tx, FindingKind.Orphaned, after.Id);
        return null;
    });

    /// <summary>A client secret can be copied, and nobody sees it: a finding as long as it is in force.</summary>
    public Claim OfKey(IdentityRow identity, PrincipalKeyRow key) => new Claim.Effect(async tx =>
    {
        if (key.Kind is PrincipalKeyKind.Secret)
        {
            const string message = "It proves itself by a client secret: register a public key instead.";
            var id = ids.Next("find");
            var row = FindingRow.About(id, FindingKind.ClientSecret, identity, message, "medium", tx.Now);
            await FindingStore.RaiseAsync(tx, row with { Subject = key.Id });
        }
        return null;
    });

    /// <summary>What was found about a key ends with the key.</summary>
    public static Claim OfRevokedKey(string key) => new Claim.Effect(async tx =>
    {
        await FindingStore.MendAsync(tx, FindingKind.ClientSecret, key);
        await FindingStore.MendAsync(tx, FindingKind.KeyExpiring, key);
        await FindingStore.MendAsync(tx, FindingKind.KeyExpired, key);
        return null;
    });

    private Task RaiseAsync(
        StoreTransaction tx, string kind, IdentityRow identity, string message, string severity) =>
        FindingStore.RaiseAsync(tx, FindingRow.About(ids.Next("find"), kind, identity, message, severity, tx.Now));
}
