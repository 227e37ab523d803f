using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Writ.Tlog;

/// <summary>
/// That an entry is in a log, to be verified offline (C2SP tlog-proof): its index, the path to the root, and the signed
/// checkpoint with its cosignatures.
/// </summary>
/// <param name="Index">The entry's place.</param>
/// <param name="Path">See <see cref="InclusionProof"/>.</param>
/// <param name="Note">The signed checkpoint.</param>
public sealed record LogProof(long Index, IReadOnlyList<TreeHash> Path, SignedNote Note)
{
    private const string Header = "c2sp.org/tlog-proof@v1";
    private const string ExtraWord = "extra ";
    private const string IndexWord = "index ";
    private const int MaxPath = 63;

    /// <summary>What else comes along, which nothing vouches for; null: nothing.</summary>
    public ReadOnlyMemory<byte>? Extra { get; init; }

    /// <summary>Reads a proof.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out LogProof? proof)
    {
        proof = null;
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !SignedNote.TryParse(text[(end + 2)..], out var note)) return false;
        var lines = text[..end].Split('\n').AsSpan();
        if (lines is not [Header, .. var rest]) return false;
        byte[]? extra = null;
        if (rest is [var first, ..] && first.StartsWith(ExtraWord, StringComparison.Ordinal))
        {
            if (!Base64.TryDecode(first.AsSpan(ExtraWord.Length), out extra)) return false;
            rest = rest[1..];
        }
        if (rest is not [var place, .. var hashes] || !place.StartsWith(IndexWord, StringComparison.Ordinal)
            || !Checkpoint.TrySize(place[IndexWord.Length..], out var index) || hashes.Length > MaxPath)
            return false;
        var path = new TreeHash[hashes.Length];
        for (var i = 0; i < path.Length; i++)
            if (!TreeHash.TryParse(hashes[i], out path[i])) return false;
        proof = new LogProof(index, path, note) { Extra = extra is null ? null : extra.AsMemory() };
        return true;
    }

    /// <summary>Verifies it.</summary>
    /// <param name="leaf">The hash of the entry that it is for.</param>
    /// <param name="log">The log's key, whose name is the origin of its checkpoints.</param>
    /// <param name="witnesses">The witnesses that are trusted.</param>
    /// <param name="quorum">How many of them must have cosigned.</param>
    /// <returns>The checkpoint that the entry is in; or why it proves nothing.</returns>
    public (Checkpoint? Checkpoint, string? Fault) Verify(
        TreeHash leaf, VerifierKey log, IReadOnlyCollection<VerifierKey> witnesses, int quorum)
    {
        var signed = Note.Verify([log, .. witnesses]);
        if (!signed.Contains(log)) return (null, "The checkpoint is not signed by the log.");
        if (signed.Count - 1 < quorum) return (null, "Too few witnesses have cosigned the checkpoint.");
        if (!Checkpoint.TryParse(Note.Text, out var checkpoint)) return (null, "The note is no checkpoint.");
        if (checkpoint.Origin != log.Name) return (null, "The checkpoint is another log's.");
        return InclusionProof.Verify(leaf, Index, checkpoint.Size, [.. Path], checkpoint.Root)
            ? (checkpoint, null)
            : (null, "The entry is not in the checkpoint's tree.");
    }

    /// <summary>The proof as a file has it.</summary>
    public override string ToString()
    {
        var extra = Extra is { } bytes ? $"{ExtraWord}{Convert.ToBase64String(bytes.Span)}\n" : "";
        var path = string.Concat(Path.Select(hash => $"{hash}\n"));
        return string.Create(CultureInfo.InvariantCulture, $"{Header}\n{extra}{IndexWord}{Index}\n{path}\n{Note}");
    }
}
