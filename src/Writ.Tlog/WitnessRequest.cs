using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Writ.Tlog;

/// <summary>What a log sends to a witness (C2SP tlog-witness, add-checkpoint): the size that the witness cosigned last,
/// the proof from there, and the checkpoint to cosign.</summary>
/// <param name="OldSize">The size of the checkpoint that the witness cosigned last; 0: none.</param>
/// <param name="Proof">See <see cref="ConsistencyProof"/>.</param>
/// <param name="Note">The signed checkpoint.</param>
public sealed record WitnessRequest(long OldSize, IReadOnlyList<TreeHash> Proof, SignedNote Note)
{
    private const string Word = "old ";
    private const int MaxProof = 63;

    /// <summary>Reads the body of a request.</summary>
    public static bool TryParse(string body, [NotNullWhen(true)] out WitnessRequest? request)
    {
        request = null;
        var end = body.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !SignedNote.TryParse(body[(end + 2)..], out var note)) return false;
        var lines = body[..end].Split('\n');
        if (!lines[0].StartsWith(Word, StringComparison.Ordinal) || lines.Length - 1 > MaxProof
            || !Checkpoint.TrySize(lines[0][Word.Length..], out var size))
            return false;
        var proof = new TreeHash[lines.Length - 1];
        for (var i = 0; i < proof.Length; i++)
            if (!TreeHash.TryParse(lines[i + 1], out proof[i])) return false;
        request = new WitnessRequest(size, proof, note);
        return true;
    }

    /// <summary>The body.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Word}{OldSize}\n{string.Concat(Proof.Select(hash => $"{hash}\n"))}\n{Note}");
}
