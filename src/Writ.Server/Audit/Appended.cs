using Writ.Server.Storage;

namespace Writ.Server.Audit;

/// <summary>What became of an append.</summary>
public abstract record Appended
{
    private Appended() { }

    /// <summary>Durable, and every claim held.</summary>
    public sealed record Done(Receipt Receipt) : Appended;

    /// <summary>A claim did not hold: nothing was done, the refusal is durable.</summary>
    public sealed record Refused(ClaimFailure Failure, long Index) : Appended;

    /// <summary>Nothing was done nor written: the facts changed. Decide again.</summary>
    public sealed record Stale : Appended
    {
        internal static readonly Stale Instance = new();
    }
}
