namespace Writ.Server.Storage;

/// <summary>One entry of a batch: its claims, and the record for either outcome of them.</summary>
/// <param name="Claims">What must hold or is done in the same transaction.</param>
/// <param name="Record">The record if every claim holds.</param>
/// <param name="Refusal">Makes the record of the refusal that is recorded instead when one does not.</param>
public sealed record AppendEntry(
    IReadOnlyList<Claim> Claims,
    RecordBytes Record,
    Func<ClaimFailure, RecordBytes> Refusal);

/// <summary>What became of a batch: an outcome for each entry, and whether cached facts are out of date now.</summary>
public sealed record AppendResult(IReadOnlyList<AppendOutcome> Outcomes, bool RegistryChanged)
{
    internal static readonly AppendResult Nothing = new([], RegistryChanged: false);
}

/// <summary>What became of an entry.</summary>
public abstract record AppendOutcome
{
    private AppendOutcome() { }

    /// <summary>Durable at this index; <see cref="Failure"/> tells that the refusal was written.</summary>
    public sealed record Written(long Index, ClaimFailure? Failure, IReadOnlyList<RevocationRow> Revocations)
        : AppendOutcome;

    /// <summary>Nothing was written: the decision rested on facts that have changed. Decide again.</summary>
    public sealed record Stale : AppendOutcome
    {
        public static readonly Stale Instance = new();
    }
}
