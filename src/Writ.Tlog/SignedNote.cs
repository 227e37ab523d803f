using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Writ.Tlog;

/// <summary>A text with signatures (C2SP signed-note). Its text counts for nothing until a key that is trusted has
/// verified it.</summary>
/// <param name="Text">The text, with its last newline.</param>
/// <param name="Signatures">The signatures, in order.</param>
public sealed record SignedNote(string Text, IReadOnlyList<NoteSignature> Signatures)
{
    /// <summary>The largest note that is read.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>The most signatures that are read.</summary>
    public const int MaxSignatures = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads a note.</summary>
    public static bool TryParse(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out SignedNote? note)
    {
        note = null;
        if (bytes.Length > MaxBytes) return false;
        try
        {
            return TryParse(StrictUtf8.GetString(bytes), out note);
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Reads a note.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out SignedNote? note)
    {
        note = null;
        var end = text.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !text.EndsWith('\n') || text.Length > MaxBytes || text.Any(c => c < ' ' && c != '\n'))
            return false;
        var lines = text[(end + 2)..].Split('\n');
        if (lines.Length < 2 || lines.Length - 1 > MaxSignatures) return false;
        var signatures = new List<NoteSignature>();
        foreach (var line in lines.AsSpan(0, lines.Length - 1))
        {
            if (!NoteSignature.TryParse(line, out var signature)) return false;
            signatures.Add(signature);
        }
        note = new SignedNote(text[..(end + 1)], signatures);
        return true;
    }

    /// <summary>
    /// Whose signatures hold. A signature of a key that is trusted and does not hold spoils the note; those of other
    /// keys are passed over.
    /// </summary>
    /// <param name="trusted">The keys that are trusted.</param>
    /// <returns>The keys that signed; none where the note is spoilt, or nobody did.</returns>
    public IReadOnlyList<VerifierKey> Verify(IEnumerable<VerifierKey> trusted)
    {
        var keys = new Dictionary<(string, uint), VerifierKey>();
        foreach (var key in trusted) keys.TryAdd((key.Name, key.Id), key);
        var held = new List<VerifierKey>();
        foreach (var signature in Signatures)
        {
            if (!keys.TryGetValue((signature.Name, signature.KeyId), out var its) || held.Contains(its)) continue;
            if (!its.Verify(Text, signature.Bytes.Span)) return [];
            held.Add(its);
        }
        return held;
    }

    /// <summary>The note as it is sent.</summary>
    public override string ToString() => $"{Text}\n{string.Concat(Signatures.Select(s => $"{s}\n"))}";
}
