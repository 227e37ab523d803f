namespace Writ.Tlog;

/// <summary>What came of the verification of a log.</summary>
/// <param name="Head">Its checkpoint; null: it has none that counts.</param>
/// <param name="Divergence">The first place where the log is not what it says; null: it is.</param>
public sealed record LogVerdict(Checkpoint? Head, LogDivergence? Divergence)
{
    /// <summary>How many checkpoints were held against the tree, the head's among them.</summary>
    public long Checkpoints { get; init; }

    /// <summary>How many checkpoints each witness has cosigned, by the name of its key.</summary>
    public IReadOnlyDictionary<string, long> Cosigned { get; init; } =
        new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>Who has cosigned the head.</summary>
    public IReadOnlyList<string> HeadCosigned { get; init; } = [];
}
