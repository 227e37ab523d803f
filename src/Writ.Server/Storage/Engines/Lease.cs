namespace Writ.Server.Storage;

/// <summary>
/// The right to do some upkeep that must happen once, held by one replica at a time. Whoever holds it may be cut off
/// without knowing: so each lease has a number, higher than all before it, and work counts only in a transaction that
/// finds this number in force still (<see cref="HoldAsync"/>). Who takes the lease over waits for such transactions.
/// </summary>
public abstract class Lease : IAsyncDisposable
{
    private static readonly ClaimFailure Lost = new("lease_lost", "Another replica does this work now.");

    /// <summary>The claim that this lease is in force; the first of an entry, before what is done under it.</summary>
    public Claim Held => new Claim.Effect(async tx => await HoldAsync(tx) ? null : Lost);

    /// <summary>Whether this lease is in force, and is until the transaction ends.</summary>
    public abstract Task<bool> HoldAsync(StoreTransaction tx);

    public abstract ValueTask DisposeAsync();
}
