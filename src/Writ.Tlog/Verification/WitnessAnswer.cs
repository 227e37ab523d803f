namespace Writ.Tlog;

/// <summary>What a witness says to a checkpoint (C2SP tlog-witness, add-checkpoint).</summary>
/// <param name="Status">The HTTP status: 200, 400, 403, 409 or 422.</param>
/// <param name="Text">Why not; for 409 the size that it cosigned last.</param>
public sealed record WitnessAnswer(int Status, string Text)
{
    /// <summary>Whether the witness may cosign, once it has stored the checkpoint.</summary>
    public bool IsYes => Status == Ok;

    private const int Ok = 200;

    /// <summary>
    /// Judges a request for a log that is known. Whoever calls it holds the log's state from here until the new
    /// checkpoint is stored: else a later one could be rolled back.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="keys">The keys that are trusted for its origin.</param>
    /// <param name="latest">The checkpoint that was cosigned last; null: none.</param>
    public static WitnessAnswer Judge(
        WitnessRequest request, IReadOnlyCollection<VerifierKey> keys, Checkpoint? latest)
    {
        if (!Checkpoint.TryParseForm(request.Note.Text, out var checkpoint)) return No(400, "It is no checkpoint.");
        if (request.Note.Verify(keys).Count == 0) return No(403, "No signature of the log holds.");
        if (request.OldSize > checkpoint.Size) return No(400, "The old size is larger than the checkpoint's.");
        if (request.OldSize != (latest?.Size ?? 0)) return Conflict(latest);
        if (checkpoint.Size == 0 && checkpoint.Root != TreeHash.Empty)
            return No(422, "An empty tree has another root.");
        if (request.OldSize == 0)
        {
            // A checkpoint of nothing was cosigned and counts as none: the empty tree is the beginning of any.
            return request.Proof.Count == 0 ? new WitnessAnswer(Ok, "") : No(422, "From nothing there is no proof.");
        }
        return ConsistencyProof.Verify(
            latest!.Size, checkpoint.Size, [.. request.Proof], latest.Root, checkpoint.Root)
            ? new WitnessAnswer(Ok, "")
            : No(422, "It is not consistent with the checkpoint that was cosigned last.");
    }

    /// <summary>What was cosigned last is another than the client believes.</summary>
    public static WitnessAnswer Conflict(Checkpoint? latest) =>
        new(409, (latest?.Size ?? 0).ToString(System.Globalization.CultureInfo.InvariantCulture) + "\n");

    private static WitnessAnswer No(int status, string why) => new(status, why + "\n");
}
