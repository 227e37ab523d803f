namespace Writ.Server.Audit;

/// <summary>
/// Proof that a decision is durable in the log. Only <see cref="AuditLog"/> makes one (House.Tests). A class, not a
/// record: <c>with</c> would forge it.
/// </summary>
public sealed class Receipt
{
    internal Receipt(long index, string grantDigest)
    {
        Index = index;
        GrantDigest = grantDigest;
    }

    /// <summary>The record's dense index.</summary>
    public long Index { get; }

    /// <summary>The digest of the grant that was recorded; Signing holds the grant against it.</summary>
    public string GrantDigest { get; }
}
