namespace Writ.Tlog;

/// <summary>
/// The checkpoints that a log published, one after the other: each signed by the log, each larger than the one before,
/// and none larger than the head. Their roots are for the verifier, who has the tree.
/// </summary>
internal sealed class CheckpointTrail(VerifierKey log, IReadOnlyList<VerifierKey> witnesses, bool isStrict)
{
    private readonly Dictionary<string, long> _cosigned =
        witnesses.DistinctBy(key => key.Name, StringComparer.Ordinal)
            .ToDictionary(key => key.Name, _ => 0L, StringComparer.Ordinal);

    /// <summary>How many there were.</summary>
    public long Count { get; private set; }

    public IReadOnlyDictionary<string, long> Cosigned => _cosigned;

    /// <summary>Whose cosignatures the last one has.</summary>
    public IReadOnlyList<string> LastCosigned { get; private set; } = [];

    /// <summary>The last one; null: there was none yet.</summary>
    public Checkpoint? Last { get; private set; }

    /// <summary>Takes the next one.</summary>
    /// <returns>Why it does not count.</returns>
    public LogDivergence? Take(string place, SignedNote note)
    {
        if (!Checkpoint.TryParse(note.Text, out var checkpoint))
            return new LogDivergence(place, "a note", "a checkpoint");
        if (checkpoint.Origin != log.Name)
            return new LogDivergence(place, $"a checkpoint of {checkpoint.Origin}", $"one of {log.Name}");
        var held = note.Verify([log, .. witnesses]);
        if (!held.Contains(log))
            return new LogDivergence(place, "no signature that holds", $"one of {log}");
        if (isStrict && held.Count != note.Signatures.Count)
            return new LogDivergence(place, "a signature of a key that nobody named", "the log's and witnesses' alone");
        if (Last is { } last && checkpoint.Size <= last.Size)
            return new LogDivergence(place, $"a checkpoint of {checkpoint.Size} entries", $"more than {last.Size}");
        LastCosigned = [.. held.Where(key => key != log).Select(key => key.Name)];
        foreach (var name in LastCosigned) _cosigned[name]++;
        (Last, Count) = (checkpoint, Count + 1);
        return null;
    }
}
